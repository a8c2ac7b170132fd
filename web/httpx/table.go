package httpx

import (
	"net/http"

	"github.com/tenantgate/tenantgate/internal/fault"
)

// row is how a fault looks over HTTP.
type row struct {
	status    int
	title     string
	meaning   string // for /problems/{code}: what happened and what to do
	challenge string // WWW-Authenticate (RFC 6750, RFC 9470)
}

// table has a row for every code of the catalogue; a test says which is missing.
var table = map[fault.Code]row{
	fault.InvalidJSON: {
		status: http.StatusBadRequest, title: "The body is not valid JSON",
		meaning: "The body could not be read as one JSON document without repeated members. Check quotes, commas and brackets.",
	},
	fault.InvalidInput: {
		status: http.StatusUnprocessableEntity, title: "Some fields are not valid",
		meaning: "The JSON was read, but fields are missing, unknown, of another type or out of range. The member fields names each with its fix.",
	},
	fault.BodyTooLarge: {
		status: http.StatusRequestEntityTooLarge, title: "The body is too large",
		meaning: "Bodies of this API have at most 64 KiB.",
	},
	fault.UnsupportedMediaType: {
		status: http.StatusUnsupportedMediaType, title: "Send JSON",
		meaning: "Send the body with exactly one header Content-Type: application/json and no Content-Encoding.",
	},
	fault.NotFound: {
		status: http.StatusNotFound, title: "Not found",
		meaning: "There is no such path, or nothing of this id that you may see.",
	},
	fault.MethodNotAllowed: {
		status: http.StatusMethodNotAllowed, title: "Method not allowed",
		meaning: "The path exists, but not for this method. The header Allow lists those that it takes.",
	},
	fault.CrossOrigin: {
		status: http.StatusForbidden, title: "Not allowed from this origin",
		meaning: "A browser sent this from another site. The tenant lists the origins it trusts in cors.origins.",
	},
	fault.AmbiguousCredentials: {
		status: http.StatusBadRequest, title: "Two credentials at once",
		meaning: "The request carries a session cookie and a bearer token, or several tokens. Send one.",
	},
	fault.Unauthenticated: {
		status: http.StatusUnauthorized, title: "Sign in first", challenge: `Bearer`,
		meaning: "The request carries no access token. Send Authorization: Bearer with one from a sign-in or from POST /token.",
	},
	fault.InvalidToken: {
		status: http.StatusUnauthorized, title: "The token is not valid", challenge: `Bearer error="invalid_token"`,
		meaning: "The token has expired, its session has ended, or it is not a token of this tenant for this use. Refresh, or sign in again.",
	},
	fault.InvalidCredentials: {
		status: http.StatusUnauthorized, title: "Wrong identifier or password", challenge: `Bearer`,
		meaning: "Nobody signs in with this identifier and password: one of them is wrong. We do not say which of the two.",
	},
	fault.RefreshTokenReused: {
		status: http.StatusUnauthorized, title: "The refresh token was used before", challenge: `Bearer error="invalid_token"`,
		meaning: "A refresh token works once. This one came a second time, which is how theft looks, so its session was ended. Sign in again.",
	},
	fault.StepUpRequired: {
		status: http.StatusUnauthorized, title: "A fresh proof is needed",
		challenge: `Bearer error="insufficient_user_authentication"`,
		meaning: "The last proof of this session is too old, or too weak, for what was asked. Call POST /step-up, with the level of the " +
			"member acr where there is one, answer its challenge and ask again.",
	},
	fault.WrongPassword: {
		status: http.StatusForbidden, title: "The current password is wrong",
		meaning: "The account's current password did not match. Nothing was changed.",
	},
	fault.WrongCode: {
		status: http.StatusUnauthorized, title: "The code is wrong", challenge: `Bearer`,
		meaning: "The code does not answer this challenge. It can be tried again until its tries are used up.",
	},
	fault.PasskeyRefused: {
		status: http.StatusUnauthorized, title: "The passkey is refused", challenge: `Bearer`,
		meaning: "The passkey is not known here, or what the browser returned does not answer this challenge. Try another passkey, or begin again.",
	},
	fault.ChallengeExpired: {
		status: http.StatusGone, title: "The challenge is over",
		meaning: "It was answered, its time or tries are used up, a newer one took its place, or there is none of this id. Begin again.",
	},
	fault.TenantNotFound: {
		status: http.StatusNotFound, title: "No such tenant",
		meaning: "No tenant has this name. Check the part of the URL behind /t/.",
	},
	fault.TenantSuspended: {
		status: http.StatusForbidden, title: "This tenant is suspended",
		meaning: "The operator has suspended the tenant: nobody can sign in until it is resumed.",
	},
	fault.SignupClosed: {
		status: http.StatusForbidden, title: "Sign-up is closed",
		meaning: "The tenant takes no sign-ups of this kind (signup.mode).",
	},
	fault.AddressUnverified: {
		status: http.StatusForbidden, title: "The address must be verified first",
		meaning: "The tenant wants an address to be proven before an account exists (signup.verify_email), and this API cannot do that. " +
			"Prove the address first, or sign up by POST /signup of the native API.",
	},
	fault.MethodDisabled: {
		status: http.StatusForbidden, title: "This way to sign in is off",
		meaning: "The tenant has switched this way to sign in off. GET /config lists those that are on.",
	},
	fault.FactorNotOffered: {
		status: http.StatusUnprocessableEntity, title: "This factor cannot answer",
		meaning: "The challenge does not offer this factor, or no factor of the user's can give what was asked.",
	},
	fault.IdentifierTaken: {
		status: http.StatusConflict, title: "The identifier is taken",
		meaning: "Another user of this tenant has this address, username or number.",
	},
	fault.IdentifierNeeded: {
		status: http.StatusConflict, title: "The identifier is needed",
		meaning: "It is the last one, the primary one beside others of its kind, or one that the tenant requires; or the address is not " +
			"verified yet. Add or verify another one, or make another one primary, first.",
	},
	fault.PasskeyTaken: {
		status: http.StatusConflict, title: "The passkey is known already",
		meaning: "A passkey of this credential id is registered with this tenant. Use it to sign in, or make another one.",
	},
	fault.PasskeyInvalid: {
		status: http.StatusUnprocessableEntity, title: "The passkey cannot be registered",
		meaning: "What the browser returned does not answer this challenge, is for another origin, or lacks what the tenant asks of " +
			"passkeys. Call POST /passkeys/options, or the enrolment of the challenge, again.",
	},
	fault.FactorNeeded: {
		status: http.StatusConflict, title: "A factor is needed",
		meaning: "Without the factor the user could not sign in any more, or would lack the second factor that the tenant asks for; " +
			"recovery codes need a factor to recover. Add another factor first.",
	},
	fault.LimitReached: {
		status: http.StatusConflict, title: "There are enough of these",
		meaning: "There are as many of these as there may be. Remove one first.",
	},
	fault.TenantReserved: {
		status: http.StatusConflict, title: "The tenant is reserved",
		meaning: "The tenant tenantgate belongs to the platform: it can be neither made, suspended nor deleted.",
	},
	fault.SlugTaken: {
		status: http.StatusConflict, title: "The slug is taken",
		meaning: "Another tenant has this slug.",
	},
	fault.VersionConflict: {
		status: http.StatusConflict, title: "Somebody else was faster",
		meaning: "What you wanted to change has changed since you read it. Read it again.",
	},
	fault.KeyNotReady: {
		status: http.StatusConflict, title: "The next key is too young",
		meaning: "A signing key is published for a day before it signs, so that nobody meets an unknown one. retry_after says how long.",
	},
	fault.DomainTaken: {
		status: http.StatusConflict, title: "The host is another tenant's",
		meaning: "Another tenant serves this host name. It can be verified here once it is removed there.",
	},
	fault.DomainUnproven: {
		status: http.StatusConflict, title: "The host is not proven",
		meaning: "The TXT record that proves the host name was not found. Make it, wait until DNS shows it and verify again.",
	},
	fault.Forbidden: {
		status: http.StatusForbidden, title: "Not allowed",
		meaning: "The admin or API key may not do this: its roles and scopes do not hold it.",
	},
	fault.AdminTaken: {
		status: http.StatusConflict, title: "Is an admin already",
		meaning: "Somebody with this address holds a role over the same tenants. Change the role instead.",
	},
	fault.LastOwner: {
		status: http.StatusConflict, title: "The last owner stays",
		meaning: "Without an owner nobody could make admins. Make another owner first.",
	},
	fault.KeyReused: {
		status: http.StatusConflict, title: "The idempotency key is used",
		meaning: "The same key came with another input within the last day. Take a new key for a new change.",
	},
	fault.RateLimited: {
		status: http.StatusTooManyRequests, title: "Too many tries",
		meaning: "A limit of the tenant's is reached. Try again after retry_after seconds.",
	},
	fault.Busy: {
		status: http.StatusServiceUnavailable, title: "The server is busy",
		meaning: "More passwords wait to be checked than can be in time. Try again after retry_after seconds.",
	},
	fault.Unavailable: {
		status: http.StatusServiceUnavailable, title: "A part of the server is down",
		meaning: "The database cannot be reached right now. Nothing was decided. Try again after retry_after seconds.",
	},
	fault.MailUnavailable: {
		status: http.StatusServiceUnavailable, title: "Mail is not set up",
		meaning: "This needs a mail to be sent, and neither the server nor the tenant has a mail server set.",
	},
	fault.RequestTimeout: {
		status: http.StatusServiceUnavailable, title: "The request took too long",
		meaning: "The request was given up after its time limit. Try again.",
	},
	fault.StreamEnded: {
		status: http.StatusConflict, title: "The stream was cut",
		meaning: "A stream of events was read too slowly, or what its reader may see has changed. Subscribe again with after set to the " +
			"cursor of the last event that you have.",
	},
	fault.Internal: {
		status: http.StatusInternalServerError, title: "Something went wrong",
		meaning: "The server met an error that it does not expect. The request id finds it in the server's log.",
	},
}

// Explanation is a fault in words, for the page that its type names.
type Explanation struct {
	Code    fault.Code
	Status  int
	Title   string
	Meaning string
}

// Explain returns the words of a code.
func Explain(code fault.Code) (Explanation, bool) {
	r, ok := table[code]
	return Explanation{code, r.status, r.title, r.meaning}, ok
}
