package tenants

import (
	"time"

	"github.com/tenantgate/tenantgate/internal/ephemeral"
)

// Defaults returns the settings of a tenant that decided nothing. Each call returns its own lists.
func Defaults() Settings {
	return Settings{
		Signup: SignupSettings{
			Mode: SignupOpen, VerifyEmail: VerifyBeforeSession, Required: []SignupField{SignupEmail},
		},
		Password: PasswordSettings{Enabled: true},
		Codes:    CodeSettings{Digits: 6, Lifetime: minutes(10), Tries: 5},
		Magic:    MagicSettings{Enabled: true},
		Passkeys: PasskeySettings{
			Enabled: true, Origins: []string{},
			UserVerification: UserVerificationRequired, Attestation: AttestationNone,
		},
		MFA: MFASettings{
			Policy: MFAOptional, Factors: []MFAFactor{MFATOTP, MFAPasskey, MFARecoveryCode}, RequiredRoles: []string{},
		},
		Sessions: SessionSettings{
			Access: minutes(10), Idle: days(30), Absolute: days(90), StepUpAge: minutes(10),
		},
		Tokens: TokenSettings{Algorithm: ES256, Transport: TransportBody},
		Keys:   KeySettings{Rotation: days(90)},
		Abuse: AbuseSettings{
			AccountFailures: ephemeral.Limit{Events: 10, Per: 15 * time.Minute},
			AccountDaily:    ephemeral.Limit{Events: 100, Per: day},
			TenantFailures:  ephemeral.Limit{Events: 1000, Per: time.Minute},
			Address:         ephemeral.Limit{Events: 60, Per: time.Minute},
			Mails:           ephemeral.Limit{Events: 5, Per: time.Hour},
			Turnstile:       TurnstileSettings{Mode: CaptchaOff},
		},
		Mail:      MailSettings{Templates: map[MailKind]map[Locale]MailTemplate{}},
		Redirects: RedirectSettings{Allowed: []string{}},
		CORS:      CORSSettings{Origins: []string{}},
		Dialects: DialectsSettings{
			Root:           NoDialect,
			Waanverse:      DialectSettings{Access: minutes(30), Refresh: days(30)},
			WaanverseMagic: DialectSettings{Access: minutes(30), Refresh: days(30)},
			Axor:           DialectSettings{Access: days(90)}, // one key for the whole session
			Wolf:           DialectSettings{Access: minutes(30), Refresh: days(1)},
			Spaces:         DialectSettings{Access: minutes(15), Refresh: days(7)}, // for so long a token may be exchanged
		},
	}
}

// maxAccess is the longest that sessions.access may be.
const maxAccess = Duration(time.Hour)

func minutes(n int) Duration { return Duration(time.Duration(n) * time.Minute) }

func days(n int) Duration { return Duration(time.Duration(n) * day) }
