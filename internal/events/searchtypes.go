package events

import "slices"

// types are all that there are, so that whoever asks for one that does not exist hears of it.
var types = []Type{
	TenantCreated, TenantChanged, TenantRenamed, TenantSuspended, TenantResumed, TenantDeleted,
	KeysRotated, KeyRetired, DataKeyRewrapped, DomainAdded, DomainVerified, DomainRemoved,
	UserSignedUp, UserSignedIn, UserChanged, UserDeleted, UserClaimed, SignInRefused, SignInBlocked,
	IdentifierAdded, IdentifierVerified, IdentifierPrimary, IdentifierRemoved,
	FactorAdded, FactorRenamed, FactorRemoved, RecoveryCodesMade, RecoveryCodeUsed, RecoveryCodesShown, PasskeyRegressed,
	DeviceTrusted, DeviceForgotten, PasswordChanged, PasswordReset,
	SessionRaised, SessionEnded, SessionsEnded, RefreshTokenReused,
	UserCreated, UserSuspended, UserRestored, FactorsReset, PasswordResetSent, RecoveryLinkIssued,
	AdminCreated, AdminChanged, AdminRemoved, APIKeyCreated, APIKeyRevoked, AuditExported,
}

// Known reports whether events of a type can occur.
func Known(t Type) bool { return slices.Contains(types, t) }
