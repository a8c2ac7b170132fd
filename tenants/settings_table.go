package tenants

import (
	"regexp"
	"strconv"
)

// settingRow is what is known of a setting beyond its type. Every path needs one; a test says which is missing.
type settingRow struct {
	help  string      // one sentence, without a full stop
	rule  settingRule // what it may be
	unset string      // what an empty default means, for people
	// personal says that it is somebody's address: events tell it only to who may see such.
	personal bool
	// effective shows what counts where the tenant decided nothing and other settings decide.
	effective func(s Settings) string
}

// maxMinLength leaves room for every password of 64 characters (NIST SP 800-63B-4, 3.1.1.2).
const maxMinLength = 64

var (
	roleShape = regexp.MustCompile(`^[a-z0-9][a-z0-9_.:-]{0,63}$`)
	keyShape  = regexp.MustCompile(`^[!-~]{1,256}$`)
)

var role = ruleOf("up to 64 of a-z, 0-9, _ . : -", func(text string) *settingWrong {
	if !roleShape.MatchString(text) {
		return malformed("is no name of a role; use up to 64 of a-z, 0-9 and _ . : -")
	}
	return nil
})

var providerKey = ruleOf("up to 256 characters without spaces", func(text string) *settingWrong {
	if !keyShape.MatchString(text) {
		return malformed("is no key; use up to 256 plain characters without spaces")
	}
	return nil
})

var settingRows = withDialects(map[string]settingRow{
	"signup.mode": {help: "Who may sign up", rule: anything},
	"signup.verify_email": {
		help: "When an address must be verified: before a user exists, after the first session, or never",
		rule: anything,
	},
	"signup.required": {help: "What a sign-up must give", rule: each(anything)},

	"password.enabled": {help: "Whether users may have passwords", rule: anything},
	"password.min_length": {
		help:      "Least length of new passwords, in characters; below 15 only where mfa.policy is required",
		rule:      between(minPasswordWithMFA, maxMinLength),
		unset:     "15 (8 where MFA is required)",
		effective: func(s Settings) string { return strconv.Itoa(s.PasswordMinLength()) },
	},
	"password.history": {help: "How many former passwords may not come back", rule: between(0, 24)},

	"codes.digits":   {help: "Digits of mailed codes", rule: between(6, 10)},
	"codes.lifetime": {help: "How long mailed codes and links last", rule: lasting(minutes(1), maxAccess)},
	"codes.tries":    {help: "Wrong answers after which a challenge is over", rule: between(1, 10)},

	"magic.enabled": {help: "Whether users may sign in by a mailed code or link", rule: anything},
	"magic.signup":  {help: "Whether that also signs new users up, where signup.mode lets them", rule: anything},

	"passkeys.enabled": {help: "Whether users may have passkeys", rule: anything},
	"passkeys.rp_id": {
		help: "Host that passkeys are bound to; another one makes the existing ones useless",
		rule: relyingParty, unset: "host of the public URL",
	},
	"passkeys.origins": {
		help: "Origins where passkeys may be used",
		rule: each(webOrigin), unset: "origin of the public URL",
	},
	"passkeys.user_verification": {
		help: "Whether an authenticator must verify its user; a passkey counts as two factors only then",
		rule: anything,
	},
	"passkeys.attestation": {help: "What new passkeys tell of their maker", rule: anything},

	"mfa.policy": {
		help: "Whether a second factor is never asked for, of users who have one, or of everybody",
		rule: anything,
	},
	"mfa.factors": {help: "Second factors that users may have", rule: each(anything)},
	"mfa.required_roles": {
		help: "Roles that need a second factor where mfa.policy is optional",
		rule: each(role),
	},
	"mfa.trust_device_days": {
		help: "Days for which a trusted device is not asked again; 0 trusts none",
		rule: between(0, 365),
	},
	"mfa.enrol_grace": {
		help: "How long users may go on without a required second factor",
		rule: lasting(0, days(90)),
	},

	"sessions.access": {help: "Life of access tokens", rule: lasting(minutes(1), maxAccess)},
	"sessions.idle": {
		help: "Time without a refresh after which a session ends",
		rule: lasting(minutes(1), days(365)),
	},
	"sessions.absolute": {help: "Life of a session, whatever happens", rule: lasting(minutes(1), days(730))},
	"sessions.max_per_user": {
		help: "Sessions that a user may have at once, the oldest ends first; 0 is no limit",
		rule: between(0, 1000),
	},
	"sessions.step_up_age": {
		help: "Age up to which a proof counts as fresh for sensitive changes",
		rule: lasting(minutes(1), days(1)),
	},

	"tokens.algorithm": {help: "How tokens are signed; RS256 costs the server most", rule: anything},
	"tokens.audience":  {help: "The aud of access tokens", rule: line(255), unset: "the issuer"},
	"tokens.transport": {
		help: "Whether clients carry tokens in bodies and headers, or in an HttpOnly cookie only",
		rule: anything,
	},

	"keys.rotation": {help: "Age at which a signing key is replaced", rule: lasting(days(2), days(730))},

	"abuse.account_failures": {
		help: "Failures of one account, over all its sign-in methods, before it must wait",
		rule: limit,
	},
	"abuse.account_daily": {
		help: "Failures of one account that no success forgives, before new devices must wait",
		rule: limit,
	},
	"abuse.tenant_failures": {
		help: "Failures of all accounts together, on devices that nobody has signed in on, before such devices must wait",
		rule: limit,
	},
	"abuse.address":            {help: "Tries to sign in or up from one network address", rule: limit},
	"abuse.mails":              {help: "Mails to one address", rule: limit},
	"abuse.turnstile.site_key": {help: "Public key of the Turnstile widget", rule: providerKey, unset: "none"},
	"abuse.turnstile.secret":   {help: "Secret key of the Turnstile widget", rule: providerKey, unset: "none"},
	"abuse.turnstile.mode": {
		help: "Whether a captcha is not asked for, checked where it is sent, or needed",
		rule: anything,
	},

	"events.retention": {
		help: "How long the audit log keeps an event; 0 keeps it for good",
		rule: noneOr(lasting(minutes(60), days(36500))),
	},

	"mail.from":     {help: "Sender of mails", rule: address, unset: "the server's", personal: true},
	"mail.reply_to": {help: "Where answers to mails go", rule: address, unset: "the sender", personal: true},
	"mail.smtp_url": {
		help: "Mail server of the tenant's own; needs mail.from",
		rule: smtpURL, unset: "the server's",
	},
	"mail.link_url": {
		help: "Page of the tenant's own that mailed links lead to, with c and s added",
		rule: linkURL, unset: "the tenant's link page",
	},
	"mail.templates.<kind>.<locale>.subject": {
		help: "Subject of one mail in one language, with {brand}, {code} and the like filled in",
		rule: mailSubject, unset: "the server's",
	},
	"mail.templates.<kind>.<locale>.text": {
		help: "Text of one mail in one language; a code stands alone on its line as {code}",
		rule: mailText, unset: "the server's",
	},

	"branding.name":       {help: "Name in mails and on pages", rule: line(64), unset: "the tenant's name"},
	"branding.logo":       {help: "Logo on pages", rule: logo, unset: "none"},
	"branding.color":      {help: "Colour of buttons and links", rule: color, unset: "the server's"},
	"branding.background": {help: "Colour of the background of pages", rule: color, unset: "the server's"},

	"redirects.allowed": {
		help: "Where the pages may send a browser after sign-in or sign-out",
		rule: each(webURL),
	},
	"cors.origins": {help: "Origins of web apps that may call the API", rule: each(webOrigin)},

	"dialects.root": {help: "Dialect that answers at the root of the tenant's own host names", rule: anything},
})

// withDialects adds the rows that each dialect has.
func withDialects(rows map[string]settingRow) map[string]settingRow {
	for _, name := range Dialects() {
		group, refresh := "dialects."+string(name), lasting(minutes(5), days(365))
		if Defaults().Dialects.Of(name).Refresh == 0 {
			refresh = absent
		}
		rows[group+".enabled"] = settingRow{help: "Whether the dialect " + string(name) + " is served", rule: anything}
		rows[group+".access"] = settingRow{
			help: "Life of its access tokens, never beyond the session's", rule: lasting(minutes(1), days(90)),
		}
		rows[group+".site"] = settingRow{
			help: "Where the pages of its clients are, which the links of its mails lead to", rule: webURL, unset: "none",
		}
		rows[group+".refresh"] = settingRow{help: "Life of its refresh tokens, or time in which its tokens may be exchanged; 0 where it has neither", rule: refresh}
	}
	return rows
}
