// Package api is the native REST API: huma operations over the flows, with OpenAPI 3.1 made from their types.
//
// An operation reads its input, calls one flow and gives the result its wire form. Faults become problem documents in
// httpx, as everywhere.
package api

import (
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/telemetry"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// adoptHuma makes huma's errors ours, and its arrays what we send: never null. These are huma's globals, so it is done
// once, however many servers there are.
var adoptHuma = sync.OnceFunc(func() {
	huma.NewErrorWithContext = problemOfHuma
	huma.NewError = func(int, string, ...error) huma.StatusError { return &httpx.Problem{} } // shape only
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
})

// Mount registers the API's operations on groups that stand at /t/{slug}/v1 and have a tenant and its flows; forms takes forms
// and has the API key that asks as the actor. It returns the OpenAPI description.
func Mount(router *gin.Engine, group, forms *gin.RouterGroup, version string) *huma.OpenAPI {
	adoptHuma()
	config := huma.DefaultConfig("Tenantgate", version)
	config.CreateHooks = nil
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.Info.Description = "Authentication of one tenant's users. Every flow answers with a step: " +
		"signed in, or a challenge that must be answered first. Errors are problem documents (RFC 9457); their type is a " +
		"path on this server, and leads to a page that says what the error means."
	config.Tags = tags
	keepOrder(config.OpenAPI)
	config.Servers = []*huma.Server{{
		URL:       "/t/{slug}/v1",
		Variables: map[string]*huma.ServerVariable{"slug": {Default: "acme", Description: "The tenant"}},
	}}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "An access token (RFC 9068)."},
		"cookie": {
			Type: "apiKey", In: "cookie", Name: "__Host-tg-{tenant id}",
			Description: "The session cookie, where the tenant chose cookies. On plain http, which is for loopback only, its name is " +
				"tg-{tenant id}: browsers refuse the prefix there.",
		},
		"api_key": {Type: "http", Scheme: "bearer", Description: "An API key, tg_…, as admins make them."},
	}
	a := humagin.NewWithGroup(router, group, config)
	registerSignUp(a)
	registerSignIn(a)
	registerSession(a)
	registerAccount(a)
	registerIdentifiers(a)
	registerPassword(a)
	registerFactors(a)
	registerPasskeys(a)
	registerDevices(a)
	registerTenant(a)
	registerTokens(humagin.NewWithGroup(router, forms, config))
	return a.OpenAPI()
}

// The groups of the reference.
const (
	tagSignUp      = "Sign-up"
	tagSignIn      = "Sign-in"
	tagSession     = "Session"
	tagAccount     = "Account"
	tagIdentifiers = "Identifiers"
	tagPassword    = "Password"
	tagFactors     = "Factors"
	tagPasskeys    = "Passkeys"
	tagDevices     = "Devices"
	tagTenant      = "Tenant"
	tagTokens      = "Tokens"
)

// tags are in the order of the reference.
var tags = []*huma.Tag{
	{Name: tagSignUp, Description: "Become a user of the tenant"},
	{Name: tagSignIn, Description: "Prove who you are, and answer the challenges of every flow"},
	{Name: tagSession, Description: "Stay signed in, prove again, sign out"},
	{Name: tagAccount, Description: "The signed-in user"},
	{Name: tagIdentifiers, Description: "What the user is found by: addresses, usernames, phone numbers"},
	{Name: tagPassword, Description: "Change a password or replace a forgotten one"},
	{Name: tagFactors, Description: "What the user proves who it is with, beside a password"},
	{Name: tagPasskeys, Description: "Register passkeys and look after them"},
	{Name: tagDevices, Description: "Devices on which no second factor is asked for"},
	{Name: tagTenant, Description: "What the tenant offers"},
	{Name: tagTokens, Description: "For resource servers: what a token stands for, and its end"},
}

// problemOfHuma turns what huma finds wrong with a request into our problem. Values that it would echo are left out.
func problemOfHuma(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
	var f *fault.Fault
	switch {
	case status == http.StatusUnprocessableEntity, msg == "request body is required":
		f = fault.Invalid(fields(errs)...)
		if len(f.Fields) == 0 {
			f.Fields = []fault.Field{{Field: "body", Code: "required", Message: "Send a JSON object."}}
		}
	case status == http.StatusUnsupportedMediaType:
		f = fault.New(fault.UnsupportedMediaType)
	case status == http.StatusRequestEntityTooLarge:
		f = fault.New(fault.BodyTooLarge)
	case status == http.StatusBadRequest:
		f = fault.New(fault.InvalidJSON)
	default:
		f = fault.New(fault.Internal)
		telemetry.Note(ctx.Context(), slog.String("error", msg))
	}
	return httpx.ProblemOf(ctx.Context(), f)
}

// maxFields is how many wrong fields an answer names.
const maxFields = 20

// fields names what is wrong by the path behind "body.", with a code for programs.
func fields(errs []error) []fault.Field {
	var out []fault.Field
	for _, err := range errs[:min(len(errs), maxFields)] {
		detail, ok := err.(huma.ErrorDetailer)
		if !ok {
			continue
		}
		d := detail.ErrorDetail()
		field := httpx.PrintablePath(strings.TrimPrefix(strings.TrimPrefix(d.Location, "body"), "."))
		code, message := describe(d.Message)
		if name, missing := strings.CutPrefix(d.Message, "expected required property "); missing {
			name, _, _ = strings.Cut(name, " ")
			field = strings.TrimPrefix(field+"."+name, ".")
		}
		if field == "" {
			field = "body"
		}
		out = append(out, fault.Field{Field: field, Code: code, Message: message})
	}
	return out
}

func describe(message string) (code, text string) {
	switch {
	case strings.HasPrefix(message, "expected required property"):
		return "required", "Is required."
	case message == "unexpected property":
		return "unknown", "There is no such field; leave it out."
	case strings.HasPrefix(message, "expected value to be one of"):
		return "invalid", "Use" + strings.ReplaceAll(strings.TrimPrefix(message, "expected value to be"), `"`, "") + "."
	case strings.HasPrefix(message, "expected length"), strings.HasPrefix(message, "expected number"):
		return "out_of_range", "Is out of range: " + message + "."
	case strings.HasPrefix(message, "expected "):
		return "wrong_type", "Is of the wrong type: " + message + "."
	default: // of a parser, which quotes the input
		return "wrong_type", "Is of the wrong type or out of range."
	}
}
