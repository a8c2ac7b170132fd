package tenants

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// agreement is what several settings must keep together. check returns what is wrong and how to mend it, or "". It is
// said of the first path, and only where nothing is wrong with any of them alone.
type agreement struct {
	paths []string
	check func(s Settings) string
}

var settingAgreements = slices.Concat([]agreement{
	{[]string{"signup.required", "signup.verify_email"}, func(s Settings) string {
		if s.Signup.VerifyEmail == VerifyBeforeSession && !s.Signup.asks(SignupEmail) {
			return "must hold email while signup.verify_email is before_session; add it, or set signup.verify_email " +
				"to after_session or off"
		}
		if !s.Signup.asks(SignupEmail) && !s.Signup.asks(SignupUsername) && !s.Signup.asks(SignupPhone) {
			return "must hold email, username or phone, or nobody could be found again"
		}
		return ""
	}},
	{[]string{"password.enabled", "magic.enabled", "passkeys.enabled"}, func(s Settings) string {
		if !s.Password.Enabled && !s.Magic.Enabled && !s.Passkeys.Enabled {
			return "leaves no way to sign in; enable it, magic.enabled or passkeys.enabled"
		}
		return ""
	}},
	{[]string{"magic.enabled", "password.enabled", "passkeys.enabled", "signup.required"}, func(s Settings) string {
		if s.Magic.Enabled && !s.Password.Enabled && !s.Passkeys.Enabled && !s.Signup.asks(SignupEmail) {
			return "is the only way to sign in and needs an address; add email to signup.required"
		}
		return ""
	}},
	{[]string{"magic.signup", "magic.enabled"}, func(s Settings) string {
		if s.Magic.Signup && !s.Magic.Enabled {
			return "needs magic.enabled; set it to true, or magic.signup to false"
		}
		return ""
	}},
	{[]string{"password.min_length", "mfa.policy"}, func(s Settings) string {
		if s.PasswordMinLength() < s.leastPassword() {
			return fmt.Sprintf("must be %d to %d; below %d only where mfa.policy is required",
				s.leastPassword(), maxMinLength, minPassword)
		}
		return ""
	}},
	{[]string{"passkeys.origins", "passkeys.rp_id"}, func(s Settings) string {
		for i, origin := range s.Passkeys.Origins {
			if s.Passkeys.RPID != "" && !covers(s.Passkeys.RPID, origin) {
				return fmt.Sprintf("item %d is neither passkeys.rp_id nor below it; browsers would refuse it", i+1)
			}
		}
		return ""
	}},
	{[]string{"mfa.factors", "mfa.policy", "passkeys.enabled"}, func(s Settings) string {
		usable := slices.Contains(s.MFA.Factors, MFATOTP) ||
			s.Passkeys.Enabled && slices.Contains(s.MFA.Factors, MFAPasskey)
		if s.MFA.Policy != MFAOff && !usable {
			return "must hold totp, or passkey with passkeys.enabled, unless mfa.policy is off"
		}
		return ""
	}},
	{[]string{"mfa.policy", "password.enabled", "mfa.factors"}, func(s Settings) string {
		needed := s.MFA.Policy == MFARequired || s.MFA.Policy != MFAOff && len(s.MFA.RequiredRoles) > 0
		if needed && !s.Password.Enabled && !(s.Passkeys.Enabled && slices.Contains(s.MFA.Factors, MFAPasskey)) {
			return "asks for two factors, and a mailed code with another code is one; set password.enabled to true, or add " +
				"passkey to mfa.factors with passkeys.enabled"
		}
		return ""
	}},
	{[]string{"mfa.required_roles", "mfa.policy"}, func(s Settings) string {
		if s.MFA.Policy == MFAOff && len(s.MFA.RequiredRoles) > 0 {
			return "names roles while mfa.policy is off; set mfa.policy to optional, or this to []"
		}
		return ""
	}},
	{[]string{"sessions.idle", "sessions.access"}, func(s Settings) string {
		if s.Sessions.Idle < s.Sessions.Access {
			return "must not be shorter than sessions.access"
		}
		return ""
	}},
	{[]string{"sessions.absolute", "sessions.idle"}, func(s Settings) string {
		if s.Sessions.Absolute < s.Sessions.Idle {
			return "must not be shorter than sessions.idle"
		}
		return ""
	}},
	{[]string{"abuse.turnstile.mode", "abuse.turnstile.site_key", "abuse.turnstile.secret"}, func(s Settings) string {
		t := s.Abuse.Turnstile
		if t.Mode != CaptchaOff && (t.SiteKey == "" || !t.Secret.IsSet()) {
			return "needs abuse.turnstile.site_key and abuse.turnstile.secret; set both, or this to off"
		}
		return ""
	}},
	{[]string{"mail.smtp_url", "mail.from"}, func(s Settings) string {
		if s.Mail.SMTPURL.IsSet() && s.Mail.From == "" {
			return "needs mail.from: a mail server of your own sends from an address of your own"
		}
		return ""
	}},
	{[]string{"dialects.root"}, func(s Settings) string {
		root := s.Dialects.Root
		if root != NoDialect && !s.Dialects.Of(root).Enabled {
			return fmt.Sprintf("must name an enabled dialect; set dialects.%s.enabled to true, or this to none", root)
		}
		return ""
	}},
}, dialectAgreements())

// dialectAgreements are those that each dialect has.
func dialectAgreements() []agreement {
	var out []agreement
	for _, name := range Dialects() {
		group := "dialects." + string(name)
		out = append(out, agreement{[]string{group + ".refresh", group + ".access"}, func(s Settings) string {
			if d := s.Dialects.Of(name); d.Refresh != 0 && d.Refresh < d.Access {
				return fmt.Sprintf("must not be shorter than %s.access", group)
			}
			return ""
		}})
	}
	return out
}

func (s SignupSettings) asks(field SignupField) bool { return slices.Contains(s.Required, field) }

// covers reports whether passkeys of rpID work at origin: on its host and on those below it.
func covers(rpID, origin string) bool {
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	return u.Hostname() == rpID || strings.HasSuffix(u.Hostname(), "."+rpID)
}
