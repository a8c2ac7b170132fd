package spaces

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// bearer is who a token stands for: a caller, or a sign-in that waits for its second factor.
type bearer struct {
	caller  *authflows.Caller
	pending uuid.UUID // where there is no caller
}

// identify returns the bearer of the request's token.
func identify(c *gin.Context) (*bearer, error) {
	token, err := credential(c)
	if err != nil {
		return nil, err
	}
	flows := dialects.Flows(c)
	caller, refused := flows.Bearer(c.Request.Context(), token)
	if refused == nil {
		return &bearer{caller: caller}, nil
	}
	if pending, err := flows.PendingSignIn(token); err == nil {
		return &bearer{pending: pending}, nil
	}
	return nil, explain(c, token, refused, words{status: http.StatusUnauthorized})
}

// credential returns the token of a request.
func credential(c *gin.Context) (string, error) {
	token, _ := dialects.Token(c, scheme)
	sent := httpx.From(c.Request.Context()).Authorization
	denied := words{status: http.StatusUnauthorized}
	switch {
	case token == "" && len(sent) == 1 && strings.EqualFold(strings.TrimSpace(sent[0]), scheme):
		denied.text = bare
	case token == "":
		return "", fault.New(fault.Unauthenticated)
	case strings.ContainsAny(token, " \t"):
		denied.text = spaced
	default:
		return token, nil
	}
	return "", &refusal{denied, fault.New(fault.InvalidToken)}
}

// explain gives the refusal of a token the wire's words for its reason, in the place that w says.
func explain(c *gin.Context, token string, refused error, w words) error {
	if fault.CodeOf(refused) != fault.InvalidToken {
		return refused
	}
	why, err := dialects.Flows(c).WhyRefused(c.Request.Context(), token)
	if err != nil {
		return err
	}
	switch why {
	case authflows.RefusedExpired:
		w.text = expired
	case authflows.RefusedSuspended:
		w.text = disabled
	case authflows.RefusedGone:
		w.text = noSuchUser
	default:
		w.text = badSignature
	}
	return &refusal{w, refused}
}

// signedIn returns the caller of a request, whose sign-in is over.
func signedIn(c *gin.Context) (*authflows.Caller, error) {
	who, err := identify(c)
	if err != nil {
		return nil, err
	}
	if who.caller == nil {
		return nil, fault.New(fault.StepUpRequired)
	}
	return who.caller, nil
}

// verified returns a caller that has given the second factor, if it has one.
func verified(c *gin.Context) (*authflows.Caller, error) {
	caller, err := signedIn(c)
	if err != nil {
		return nil, err
	}
	return caller, dialects.Flows(c).RequireAll(caller)
}

// view is GET /api/user/view/.
func view(c *gin.Context) error {
	caller, err := verified(c)
	if err != nil {
		return err
	}
	alias, err := dialects.Flows(c).Alias(c.Request.Context(), caller.User)
	if err != nil {
		return err
	}
	dialects.Answer(c, http.StatusOK, newUserAnswer(caller.User, alias))
	return nil
}

// logoutAll is POST /api/user/logout/all/.
func logoutAll(c *gin.Context) error {
	caller, err := signedIn(c)
	if err != nil {
		return err
	}
	if _, err := dialects.Flows(c).LogoutAll(c.Request.Context(), caller); err != nil {
		return err
	}
	c.AbortWithStatus(http.StatusNoContent)
	return nil
}

// refresh is POST /api/user/login/refresh/.
func refresh(c *gin.Context) error {
	form, err := dialects.Read(c, forms)
	if err != nil {
		return err
	}
	wrong := dialects.FieldErrors{}
	token := wrong.Text(form, "token")
	if err := wrong.Or(); err != nil {
		return err
	}
	flows, ctx := dialects.Flows(c), c.Request.Context()
	refused := words{status: http.StatusBadRequest, field: dialects.NonField}
	caller, err := flows.Bearer(ctx, token)
	if err != nil {
		return explain(c, token, err, refused)
	}
	in, err := flows.Renew(ctx, caller)
	if err != nil {
		return explain(c, token, err, refused)
	}
	dialects.Answer(c, http.StatusOK, tokenAnswer{in.AccessToken})
	return nil
}
