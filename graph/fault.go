package graph

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/telemetry"
)

// reply is how a fault is told: beside the data, or in the payload of a mutation.
type reply struct {
	top     bool // an error of the whole request: authentication, throttling, outages
	message string
}

// replies has a row for every fault. A message says what is wrong and how to mend it.
var replies = map[fault.Code]reply{
	fault.InvalidJSON:          {true, "The body is not valid JSON."},
	fault.InvalidInput:         {false, "Some fields are not valid."},
	fault.BodyTooLarge:         {true, "The body is too large."},
	fault.UnsupportedMediaType: {true, "Send the body as application/json."},
	fault.NotFound:             {false, "There is nothing of this id that you may see."},
	fault.MethodNotAllowed:     {true, "Send the document by POST."},
	fault.CrossOrigin:          {true, "A browser sent this from another site, or with its cookie and without the header Tenantgate-Csrf: 1."},
	fault.AmbiguousCredentials: {true, "Send one credential: an API key, an access token or the session cookie."},
	fault.Unauthenticated:      {true, "Send Authorization: Bearer with an API key, or sign in."},
	fault.InvalidToken:         {true, "The API key or session is not valid any more."},
	fault.InvalidCredentials:   {true, "Wrong identifier or password."},
	fault.RefreshTokenReused:   {true, "The refresh token was used before. Sign in again."},
	fault.StepUpRequired:       {true, "Give a fresh proof: this asks for one younger than ten minutes."},
	fault.WrongPassword:        {false, "The current password is wrong."},
	fault.WrongCode:            {false, "The code is wrong."},
	fault.PasskeyRefused:       {false, "The passkey is refused."},
	fault.ChallengeExpired:     {false, "The challenge is over."},
	fault.TenantNotFound:       {false, "There is nothing of this id that you may see."},
	fault.TenantSuspended:      {false, "The tenant is suspended. Resume it first."},
	fault.SignupClosed:         {false, "The tenant takes no sign-ups."},
	fault.AddressUnverified:    {false, "The user's address is not verified."},
	fault.MethodDisabled:       {false, "The tenant has switched this off."},
	fault.FactorNotOffered:     {false, "No factor can give what was asked."},
	fault.IdentifierTaken:      {false, "Another user of the tenant has this address, username or number."},
	fault.IdentifierNeeded:     {false, "The user has no address to mail to, or needs this one."},
	fault.PasskeyTaken:         {false, "The passkey is known already."},
	fault.PasskeyInvalid:       {false, "The passkey cannot be registered."},
	fault.FactorNeeded:         {false, "The factor is needed."},
	fault.LimitReached:         {false, "There are as many of these as there may be. Remove one first."},
	fault.TenantReserved:       {false, "The tenant belongs to the platform: it can be neither made, suspended nor deleted."},
	fault.SlugTaken:            {false, "Another tenant has this slug."},
	fault.VersionConflict:      {false, "It has changed since you read it. Read it again."},
	fault.KeyNotReady:          {false, "A signing key is published for a day before it signs. Try again later."},
	fault.DomainTaken:          {false, "Another tenant serves this host. Remove it there first."},
	fault.DomainUnproven:       {false, "The TXT record that proves the host was not found. Make it, wait until DNS shows it and verify again."},
	fault.Forbidden:            {true, "Your roles and scopes do not allow this."},
	fault.AdminTaken:           {false, "Somebody with this address holds a role over the same tenants. Change the role instead."},
	fault.LastOwner:            {false, "Without an owner nobody could make admins. Make another owner first."},
	fault.KeyReused:            {false, "The same idempotency key came with another input within the last day. Take a new key for a new change."},
	fault.RateLimited:          {true, "Too many requests. Try again after retryAfter seconds."},
	fault.Busy:                 {true, "The server is busy. Try again after retryAfter seconds."},
	fault.Unavailable:          {true, "A part of the server is down. Nothing was decided. Try again later."},
	fault.MailUnavailable:      {false, "Neither the server nor the tenant has a mail server set."},
	fault.RequestTimeout:       {true, "The request took too long. Try again."},
	fault.StreamEnded:          {true, "The stream was cut: it was read too slowly, or what you may see has changed. Subscribe again with after set to the cursor of the last event that you have."},
	fault.Internal:             {true, "Something went wrong. The request id finds it in the server's log."},
}

// codeOf names a fault in GraphQL.
func codeOf(code fault.Code) string {
	if code == fault.VersionConflict {
		return "CONFLICT"
	}
	return strings.ToUpper(string(code))
}

// userErrors renders a fault for the payload of a mutation with an input. It reports false for those of the whole request.
func userErrors(err error, input any) ([]*model.UserError, bool) {
	var f *fault.Fault
	if !errors.As(err, &f) || replies[f.Code].top {
		return nil, false
	}
	if len(f.Fields) == 0 {
		code := f.Code
		if code == fault.TenantNotFound {
			code = fault.NotFound
		}
		return []*model.UserError{{Field: fieldOf(code, input), Code: codeOf(code), Message: replies[f.Code].message}}, true
	}
	var out []*model.UserError
	for _, wrong := range f.Fields {
		out = append(out, &model.UserError{Field: &wrong.Field, Code: strings.ToUpper(wrong.Code), Message: wrong.Message})
	}
	return out, true
}

// fieldOf is the field of a mutation's input that a fault is about which names none, nil where that is no single one. It goes by
// the form of the input alone: what is unknown and what is forbidden are answered alike.
func fieldOf(code fault.Code, input any) *string {
	field := ""
	switch code {
	case fault.AdminTaken:
		field = "email"
	case fault.KeyReused:
		field = "idempotencyKey"
	case fault.NotFound, fault.LastOwner:
		switch of := reflect.ValueOf(input); {
		case of.FieldByName("ID").IsValid():
			field = "id"
		case of.FieldByName("Tenant").IsValid():
			field = "tenant"
		}
	}
	return textOrNull(field)
}

// present renders an error of the whole request. What is no fault is logged, and nothing of it is shown.
func present(ctx context.Context, err error) *gqlerror.Error {
	if errors.Is(err, errTooLarge) {
		return leftOut
	}
	var out *gqlerror.Error
	if errors.As(err, &out) && out.Unwrap() == nil {
		return told(ctx, out)
	}
	var f *fault.Fault
	if !errors.As(err, &f) {
		if wrong := wrongValue(ctx, err); wrong != nil {
			return wrong
		}
		f = fault.New(fault.Internal)
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			f = fault.New(fault.RequestTimeout)
		}
		telemetry.Note(ctx, slog.String("error", err.Error()))
	}
	out = &gqlerror.Error{Message: replies[f.Code].message, Path: graphql.GetPath(ctx), Extensions: map[string]any{"code": codeOf(f.Code)}}
	if f.RetryAfter > 0 {
		out.Extensions["retryAfter"] = int((f.RetryAfter + time.Second - 1) / time.Second)
	}
	if f.Code == fault.InvalidInput && len(f.Fields) > 0 {
		out.Message = f.Fields[0].Message
		out.Extensions["field"] = f.Fields[0].Field
	}
	var lacks *lacking
	if errors.As(err, &lacks) {
		out.Message = lacks.message()
		out.Extensions["scope"] = model.ScopeOf(lacks.scope)
	}
	return out
}
