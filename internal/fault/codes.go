package fault

// Code names a fault for programs. Codes are permanent, and none is used for a second thing.
type Code string

// The catalogue. A code needs a row in web/httpx; a test there says which is missing.
const (
	// What is wrong with the request itself.
	InvalidJSON          Code = "invalid_json"
	InvalidInput         Code = "invalid_input"
	BodyTooLarge         Code = "body_too_large"
	UnsupportedMediaType Code = "unsupported_media_type"
	NotFound             Code = "not_found"
	MethodNotAllowed     Code = "method_not_allowed"
	CrossOrigin          Code = "cross_origin"
	AmbiguousCredentials Code = "ambiguous_credentials"

	// Who asks, and what they have proven.
	Unauthenticated    Code = "unauthenticated"
	InvalidToken       Code = "invalid_token"
	InvalidCredentials Code = "invalid_credentials"
	RefreshTokenReused Code = "refresh_token_reused"
	StepUpRequired     Code = "step_up_required"
	WrongPassword      Code = "wrong_password"
	WrongCode          Code = "wrong_code"
	PasskeyRefused     Code = "passkey_refused"
	ChallengeExpired   Code = "challenge_expired"

	// What the tenant allows.
	TenantNotFound    Code = "tenant_not_found"
	TenantSuspended   Code = "tenant_suspended"
	SignupClosed      Code = "signup_closed"
	AddressUnverified Code = "address_unverified"
	MethodDisabled    Code = "method_disabled"
	FactorNotOffered  Code = "factor_not_offered"
	IdentifierTaken   Code = "identifier_taken"
	IdentifierNeeded  Code = "identifier_needed"
	PasskeyTaken      Code = "passkey_taken"
	PasskeyInvalid    Code = "passkey_invalid"
	FactorNeeded      Code = "factor_needed"
	LimitReached      Code = "limit_reached"

	// What an operator or admin meets.
	TenantReserved  Code = "tenant_reserved"
	SlugTaken       Code = "slug_taken"
	VersionConflict Code = "version_conflict"
	KeyNotReady     Code = "key_not_ready"
	DomainTaken     Code = "domain_taken"
	DomainUnproven  Code = "domain_unproven"
	Forbidden       Code = "forbidden"
	AdminTaken      Code = "admin_taken"
	LastOwner       Code = "last_owner"
	KeyReused       Code = "idempotency_key_reused"

	// Limits and outages.
	RateLimited     Code = "rate_limited"
	Busy            Code = "busy"
	Unavailable     Code = "unavailable"
	MailUnavailable Code = "mail_unavailable"
	RequestTimeout  Code = "request_timeout"
	StreamEnded     Code = "stream_ended"
	Internal        Code = "internal"
)

// Codes returns the whole catalogue.
func Codes() []Code {
	return []Code{
		InvalidJSON, InvalidInput, BodyTooLarge, UnsupportedMediaType, NotFound, MethodNotAllowed, CrossOrigin,
		AmbiguousCredentials,
		Unauthenticated, InvalidToken, InvalidCredentials, RefreshTokenReused, StepUpRequired, WrongPassword, WrongCode,
		PasskeyRefused, ChallengeExpired,
		TenantNotFound, TenantSuspended, SignupClosed, AddressUnverified, MethodDisabled, FactorNotOffered, IdentifierTaken,
		IdentifierNeeded, PasskeyTaken, PasskeyInvalid, FactorNeeded, LimitReached,
		TenantReserved, SlugTaken, VersionConflict, KeyNotReady, DomainTaken, DomainUnproven, Forbidden,
		AdminTaken, LastOwner, KeyReused,
		RateLimited, Busy, Unavailable, MailUnavailable, RequestTimeout, StreamEnded, Internal,
	}
}
