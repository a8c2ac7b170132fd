package tenants

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// refusal is what one wrong setting answers.
type refusal struct {
	changes string // one a line
	field   string
	code    string
	message string // part of it
}

func TestEachWrongSettingIsRefusedWithItsFix(t *testing.T) {
	t.Parallel()
	for _, c := range slices.Concat(wrongTypes, wrongRanges, wrongTexts, wrongCombinations) {
		_, _, err := Apply(nil, parseChanges(t, strings.Split(c.changes, "\n")...), settingKey{}.seal)
		fields := fieldsOf(err)
		if len(fields) != 1 {
			t.Errorf("%s: %v %+v, want one problem", c.changes, err, fields)
			continue
		}
		if f := fields[0]; f.Field != c.field || f.Code != c.code || !strings.Contains(f.Message, c.message) {
			t.Errorf("%s:\n got %+v\nwant {%s %s …%s…}", c.changes, f, c.field, c.code, c.message)
		}
	}
}

var wrongTypes = []refusal{
	{"signup.mod=closed", "signup.mod", wrongPath, "did you mean signup.mode?"},
	{"signup.verifyemail=off", "signup.verifyemail", wrongPath, "did you mean signup.verify_email?"},
	{"verify_email=off", "verify_email", wrongPath, "did you mean signup.verify_email?"},
	{"dialects.wolff.enabled=true", "dialects.wolff.enabled", wrongPath, "did you mean dialects.wolf.enabled?"},
	{"Signup.Mode=open", "Signup.Mode", wrongPath, "did you mean signup.mode?"},
	{"quite.something.else=1", "quite.something.else", wrongPath, "tenant show"},
	{"mail.smtp=x", "mail.smtp", wrongPath, "did you mean mail."},
	{"a b=1", "settings", wrongPath, "not shown"},
	{"signup=closed", "signup", wrongType, "signup.mode, signup.verify_email, signup.required"},
	{"mail.templates=x", "mail.templates", wrongType, "mail.templates.<kind>.<locale>"},
	{"signup.mode=shut", "signup.mode", wrongValue, "choose one of open, invite, closed"},
	{"signup.mode=", "signup.mode", wrongValue, "choose one of open, invite, closed"},
	{"signup.mode=OPEN", "signup.mode", wrongValue, "choose one of"},
	{"signup.mode=1", "signup.mode", wrongType, "choose one of open, invite, closed"},
	{"signup.verify_email=maybe", "signup.verify_email", wrongValue, "before_session, after_session, off"},
	{"signup.required=email", "signup.required", wrongType, "list of some of email, username, phone, name"},
	{`signup.required=["email","fax"]`, "signup.required", wrongValue, "some of email, username, phone, name"},
	{`signup.required=["email","email"]`, "signup.required", wrongTwice, "item 2 repeats item 1"},
	{`signup.required=["email",null]`, "signup.required", wrongValue, "some of"},
	{"passkeys.user_verification=discouraged", "passkeys.user_verification", wrongValue, "required, preferred"},
	{"passkeys.attestation=all", "passkeys.attestation", wrongValue, "none, indirect, direct"},
	{"mfa.policy=on", "mfa.policy", wrongValue, "off, optional, required"},
	{`mfa.factors=["totp","email_code"]`, "mfa.factors", wrongValue, "totp, passkey, recovery_code"},
	{"tokens.algorithm=HS256", "tokens.algorithm", wrongValue, "ES256, EdDSA, RS256"},
	{"tokens.algorithm=none", "tokens.algorithm", wrongValue, "ES256, EdDSA, RS256"},
	{"tokens.transport=header", "tokens.transport", wrongValue, "body, cookie"},
	{"abuse.turnstile.mode=on", "abuse.turnstile.mode", wrongValue, "off, optional, required"},
	{"dialects.root=foreign", "dialects.root", wrongValue, "none, waanverse, waanverse-magic, axor, wolf, spaces"},
	{"password.enabled=yes", "password.enabled", wrongType, "true or false"},
	{"password.enabled=1", "password.enabled", wrongType, "true or false"},
	{"codes.digits=six", "codes.digits", wrongType, "whole number"},
	{"codes.digits=6.5", "codes.digits", wrongType, "whole number"},
	{"codes.digits=99999999999999999999", "codes.digits", wrongType, "whole number"},
	{"codes.lifetime=600", "codes.lifetime", wrongType, "such as 10m"},
	{"codes.lifetime=ten", "codes.lifetime", wrongShape, "such as 10m"},
	{"abuse.mails=5", "abuse.mails", wrongType, "10/15m"},
	{"abuse.mails=5 per hour", "abuse.mails", wrongShape, "or 0 for no limit"},
	{"abuse.mails=0/1h", "abuse.mails", wrongShape, "or 0 for no limit"},
	{"branding.name=1984", "branding.name", wrongType, "in quotes"},
	{"cors.origins=[1]", "cors.origins", wrongType, "list of texts"},
	{"mail.templates.welcome.en.text=x", "mail.templates.welcome.en.text", wrongValue, "email_code, "},
	{"mail.templates.email_code.english.text=x", "mail.templates.email_code.english.text", wrongShape, "pt-BR"},
}

var wrongRanges = []refusal{
	{"password.min_length=14", "password.min_length", wrongTogether, "must be 15 to 64"},
	{"password.min_length=7", "password.min_length", wrongRange, "8 to 64"},
	{"password.min_length=65", "password.min_length", wrongRange, "8 to 64"},
	{"mfa.policy=required\npassword.min_length=7", "password.min_length", wrongRange, "8 to 64"},
	{"password.history=25", "password.history", wrongRange, "0 to 24"},
	{"password.history=-1", "password.history", wrongRange, "0 to 24"},
	{"codes.digits=5", "codes.digits", wrongRange, "6 to 10"},
	{"codes.digits=11", "codes.digits", wrongRange, "6 to 10"},
	{"codes.lifetime=59s", "codes.lifetime", wrongRange, "1m to 1h"},
	{"codes.lifetime=61m", "codes.lifetime", wrongRange, "1m to 1h"},
	{"codes.tries=0", "codes.tries", wrongRange, "1 to 10"},
	{"codes.tries=11", "codes.tries", wrongRange, "1 to 10"},
	{"mfa.trust_device_days=366", "mfa.trust_device_days", wrongRange, "0 to 365"},
	{"mfa.enrol_grace=91d", "mfa.enrol_grace", wrongRange, "0 to 90d"},
	{"sessions.access=59s", "sessions.access", wrongRange, "1m to 1h"},
	{"sessions.access=61m", "sessions.access", wrongRange, "1m to 1h"},
	{"sessions.access=0", "sessions.access", wrongRange, "1m to 1h"},
	{"sessions.idle=366d", "sessions.idle", wrongRange, "1m to 365d"},
	{"sessions.absolute=731d", "sessions.absolute", wrongRange, "1m to 730d"},
	{"sessions.max_per_user=-1", "sessions.max_per_user", wrongRange, "0 to 1000"},
	{"sessions.step_up_age=25h", "sessions.step_up_age", wrongRange, "1m to 1d"},
	{"keys.rotation=1d", "keys.rotation", wrongRange, "2d to 730d"},
	{"events.retention=59m", "events.retention", wrongRange, "1h to 36500d"},
	{"abuse.address=1000001/1m", "abuse.address", wrongShape, "1 to 1000000 events in 1s to 31d"},
	{"abuse.account_failures=5/32d", "abuse.account_failures", wrongShape, "1 to 1000000 events in 1s to 31d"},
	{"dialects.wolf.access=30s", "dialects.wolf.access", wrongRange, "1m to 90d"},
	{"dialects.wolf.refresh=0", "dialects.wolf.refresh", wrongRange, "5m to 365d"},
	{"dialects.axor.refresh=1d", "dialects.axor.refresh", wrongRange, "no refresh tokens"},
	{"dialects.spaces.refresh=1m", "dialects.spaces.refresh", wrongRange, "must be 5m to 365d"},
}

var wrongTexts = []refusal{
	{"passkeys.rp_id=https://example.com", "passkeys.rp_id", wrongShape, "without scheme"},
	{"passkeys.rp_id=example.com:8443", "passkeys.rp_id", wrongShape, "without scheme"},
	{"passkeys.rp_id=127.0.0.1", "passkeys.rp_id", wrongShape, "host name"},
	{"passkeys.rp_id=Example.com", "passkeys.rp_id", wrongShape, "host name"},
	{`mfa.required_roles=["Admins and others"]`, "mfa.required_roles", wrongShape, "item 1 is no name of a role"},
	{`tokens.audience="a\nb"`, "tokens.audience", wrongShape, "control characters"},
	{"tokens.audience=" + strings.Repeat("a", 256), "tokens.audience", wrongSize, "255"},
	{`abuse.turnstile.site_key="a b"`, "abuse.turnstile.site_key", wrongShape, "without spaces"},
	{"mail.from=somebody", "mail.from", wrongShape, "no-reply@example.com"},
	{`mail.from="a@example.com\r\nBcc: b@example.com"`, "mail.from", wrongShape, "control characters"},
	{"mail.from=a@example.com, b@example.com", "mail.from", wrongShape, "is no address"},
	{"mail.reply_to=@example.com", "mail.reply_to", wrongShape, "is no address"},
	{"mail.link_url=http://app.example.com/in", "mail.link_url", wrongShape, "not https"},
	{"mail.link_url=https://app.example.com/in#top", "mail.link_url", wrongShape, "fragment"},
	{"mail.link_url=https://app.example.com/in?s=1", "mail.link_url", wrongShape, "c and s"},
	{"mail.link_url=/in", "mail.link_url", wrongShape, "is no URL"},
	{"mail.templates.email_code.en.subject=" + strings.Repeat("é", 201), "mail.templates.email_code.en.subject", wrongSize, "200"},
	{`mail.templates.email_code.en.subject="a\nb"`, "mail.templates.email_code.en.subject", wrongShape, "control"},
	{"mail.templates.email_code.en.subject=Hi {{.Code}}", "mail.templates.email_code.en.subject", wrongShape, "brace"},
	{"mail.templates.email_code.en.subject=Hi {name}", "mail.templates.email_code.en.subject", wrongShape, "{brand}, {code}"},
	{`mail.templates.account_deleted.en.text="a\u0007"`, "mail.templates.account_deleted.en.text", wrongShape, "control"},
	{`mail.templates.account_deleted.en.text="a\u202eb"`, "mail.templates.account_deleted.en.text", wrongShape, "control"},
	{"mail.templates.account_deleted.en.text=" + strings.Repeat("a", 8001), "mail.templates.account_deleted.en.text", wrongSize, "8000"},
	{"mail.templates.account_deleted.en.text={code}", "mail.templates.account_deleted.en.text", wrongTogether, "carries no code"},
	{`mail.templates.identifier_code.en.text="{link}\n{code}"`, "mail.templates.identifier_code.en.text", wrongTogether, "carries no link"},
	{"mail.templates.email_code.en.text=It is {code}.", "mail.templates.email_code.en.text", wrongTogether, "alone on a line"},
	{`branding.name="Acme\u2028"`, "branding.name", wrongShape, "control characters"},
	{`branding.name="Ac\ud800me"`, "branding.name", wrongShape, "no Unicode"},
	{"branding.name=" + strings.Repeat("x", 65), "branding.name", wrongSize, "64"},
	{"branding.color=red", "branding.color", wrongShape, "#1a73e8"},
	{"branding.background=#12345", "branding.background", wrongShape, "#1a73e8"},
	{`branding.background="#123456;}"`, "branding.background", wrongShape, "#1a73e8"},
	{"branding.logo=http://localhost/logo.png", "branding.logo", wrongShape, "not https"},
	{"branding.logo=https://example.com/logo.SVG?x", "branding.logo", wrongShape, "SVG"},
	{"branding.logo=data:image/svg+xml;base64,PHN2Zz4=", "branding.logo", wrongShape, "image/png"},
	{"branding.logo=data:text/html,<b>", "branding.logo", wrongShape, "image/png"},
	{"branding.logo=data:image/png;base64,PHN2Zz4=", "branding.logo", wrongShape, "not the image"},
	{"branding.logo=data:image/png;base64,????", "branding.logo", wrongShape, "not the image"},
	{"branding.logo=data:image/jpeg;base64," + image(pngMagic, 100), "branding.logo", wrongShape, "not the image"},
	{"branding.logo=data:image/png;base64," + image(pngMagic, 64<<10+1), "branding.logo", wrongSize, "64 KiB"},
	{"branding.logo=javascript:alert(1)", "branding.logo", wrongShape, "is no URL"},
	{`redirects.allowed=["https://a.test/cb","https://a.test/cb"]`, "redirects.allowed", wrongTwice, "item 2 repeats"},
	{`cors.origins=["https://a.test","https://b.test/"]`, "cors.origins", wrongShape, "item 2 is no origin"},
	{"cors.origins=" + origins(51), "cors.origins", wrongSize, "more than 50"},
	{"mail.from=a@example.com\nmail.smtp_url=smtp://mail.test:99999", "mail.smtp_url", wrongShape, "no URL of a mail server"},
	{"mail.from=a@example.com\nmail.smtp_url=smtp://user@mail.test", "mail.smtp_url", wrongShape, "both a user and a password"},
	{"mail.from=a@example.com\nmail.smtp_url=smtps://mail.test?starttls=required", "mail.smtp_url", wrongShape, "leave starttls out"},
	{"mail.from=a@example.com\nmail.smtp_url=smtp://mail.test?starttls=maybe", "mail.smtp_url", wrongShape, "required, optional, off"},
	{"mail.from=a@example.com\nmail.smtp_url=smtp://u:p@mail.test?starttls=off", "mail.smtp_url", wrongShape, "in the clear"},
	{"mail.from=a@example.com\nmail.smtp_url=smtp://mail.test/path", "mail.smtp_url", wrongShape, "no URL of a mail server"},
	{"mail.from=a@example.com\nmail.smtp_url=smtp://mail.test?tls=1", "mail.smtp_url", wrongShape, "one parameter"},
}

var wrongCombinations = []refusal{
	{`signup.required=["username"]`, "signup.required", wrongTogether, "signup.verify_email is before_session"},
	{"signup.required=[]", "signup.required", wrongTogether, "must hold email"},
	{"signup.verify_email=off\nsignup.required=[\"name\"]", "signup.required", wrongTogether, "email, username or phone"},
	{"password.enabled=false\nmagic.enabled=false\npasskeys.enabled=false\nmfa.policy=off", "password.enabled", wrongTogether, "no way to sign in"},
	{
		"password.enabled=false\npasskeys.enabled=false\nsignup.verify_email=off\nsignup.required=[\"phone\"]",
		"magic.enabled", wrongTogether, "add email to signup.required",
	},
	{"magic.enabled=false\nmagic.signup=true", "magic.signup", wrongTogether, "needs magic.enabled"},
	{"mfa.factors=[]", "mfa.factors", wrongTogether, "totp, or passkey"},
	{`mfa.factors=["recovery_code"]`, "mfa.factors", wrongTogether, "totp, or passkey"},
	{"mfa.factors=[\"passkey\"]\npasskeys.enabled=false", "mfa.factors", wrongTogether, "with passkeys.enabled"},
	{
		"mfa.policy=required\npassword.enabled=false\nmfa.factors=[\"totp\"]", "mfa.policy", wrongTogether, "asks for two factors",
	},
	{"mfa.policy=off\nmfa.required_roles=[\"admin\"]", "mfa.required_roles", wrongTogether, "mfa.policy is off"},
	{"sessions.idle=9m", "sessions.idle", wrongTogether, "sessions.access"},
	{"sessions.absolute=29d", "sessions.absolute", wrongTogether, "sessions.idle"},
	{"sessions.idle=91d", "sessions.absolute", wrongTogether, "sessions.idle"},
	{"abuse.turnstile.mode=required", "abuse.turnstile.mode", wrongTogether, "abuse.turnstile.secret"},
	{"abuse.turnstile.mode=optional\nabuse.turnstile.site_key=0x1", "abuse.turnstile.mode", wrongTogether, "abuse.turnstile.secret"},
	{"mail.smtp_url=smtps://u:p@mail.test", "mail.smtp_url", wrongTogether, "needs mail.from"},
	{"dialects.root=wolf", "dialects.root", wrongTogether, "dialects.wolf.enabled"},
	{"dialects.root=wolf\ndialects.axor.enabled=true", "dialects.root", wrongTogether, "dialects.wolf.enabled"},
	{"dialects.wolf.refresh=10m", "dialects.wolf.refresh", wrongTogether, "dialects.wolf.access"},
	{
		"passkeys.rp_id=example.com\npasskeys.origins=[\"https://example.com\",\"https://badexample.com\"]",
		"passkeys.origins", wrongTogether, "item 2 is neither",
	},
}

func TestWhatIsInRangeAndWellFormedIsTaken(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"mfa.policy=required\npassword.min_length=8", "password.min_length=15", "password.min_length=64", "codes.digits=10",
		"codes.lifetime=1m", "codes.lifetime=1h", "codes.lifetime=60m", "codes.tries=1", "codes.tries=10",
		"sessions.access=1m", "sessions.access=1h\nsessions.idle=1h\nsessions.absolute=1h", "sessions.max_per_user=1",
		"abuse.account_failures=0", `abuse.mails="0"`, "abuse.address=1000000/31d", "mfa.enrol_grace=90d", "mfa.enrol_grace=0",
		"signup.verify_email=after_session\nsignup.required=[\"username\",\"phone\"]", "mfa.policy=off\nmfa.factors=[]",
		"password.enabled=false\nmagic.enabled=false", "password.enabled=false\npasskeys.enabled=false",
		"passkeys.rp_id=example.com\npasskeys.origins=[\"https://example.com\",\"https://app.example.com:8443\"]",
		"passkeys.rp_id=localhost\npasskeys.origins=[\"http://localhost:3000\"]", `mfa.required_roles=["admin","billing:read"]`,
		"tokens.audience=https://api.example.com", "tokens.algorithm=EdDSA", "tokens.transport=cookie",
		"mail.from=Acme <no-reply@example.com>", "mail.reply_to=help@example.com", "mail.from=",
		"mail.link_url=https://app.example.com/in?tenant=acme", "mail.link_url=http://localhost:3000/in",
		"mail.from=a@example.com\nmail.smtp_url=smtp://u:p%40ss@mail.example.com:587?starttls=required",
		"mail.from=a@example.com\nmail.smtp_url=smtp://127.0.0.1:1025?starttls=off",
		"mail.from=a@example.com\nmail.smtp_url=smtps://u:p@mail.example.com:465",
		"mail.templates.email_code.en.subject={code} is your code for {brand}", "branding.name=Äpfel & Öl 🍎",
		`mail.templates.email_code.zh-Hant-TW.text="你好\n\n{code}\n\n{link}\t{lifetime} {when} {device} {address}"`,
		`mail.templates.account_deleted.es-419.text="Adiós"`, "branding.color=#1A73e8", "branding.logo=https://example.com/logo.png",
		"branding.logo=data:image/png;base64," + image(pngMagic, 64<<10), "branding.logo=data:image/jpeg;base64," + image("\xff\xd8\xff", 9),
		"branding.logo=data:image/webp;base64," + image("RIFF\x10\x00\x00\x00WEBP", 20), "cors.origins=" + origins(50),
		"abuse.turnstile.mode=optional\nabuse.turnstile.site_key=0x1\nabuse.turnstile.secret=0x2",
		"dialects.root=waanverse-magic\ndialects.waanverse-magic.enabled=true", "dialects.wolf.access=5m\ndialects.wolf.refresh=14d",
	} {
		mustApply(t, nil, strings.Split(text, "\n")...)
	}
}

const pngMagic = "\x89PNG\r\n\x1a\n"

// image is base64 of so many bytes that begin like an image.
func image(magic string, size int) string {
	return base64.StdEncoding.EncodeToString([]byte(magic + strings.Repeat("\x00", size-len(magic))))
}

func origins(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("https://app%d.example.com", i)
	}
	text, _ := json.Marshal(list)
	return string(text)
}

func TestOriginsAndRedirectsAreExact(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"https://app.example.com", "https://app.example.com:8443", "http://localhost", "http://localhost:3000",
		"http://127.0.0.1:3000", "http://[::1]:3000", "http://acme.localhost:8080", "https://10.0.0.1", "https://xn--bcher-kva.test",
	} {
		mustApply(t, nil, `cors.origins=["`+good+`"]`, `redirects.allowed=["`+good+`","`+good+`/cb?x=%20&y=1"]`)
	}
	neither := []string{
		"", "*", "null", "https://", "https:app.test", "//app.test", "app.test", "http://app.test", "http://localhost.evil.test",
		"https://*.app.test", "https://App.test", "HTTPS://app.test", "https://app.test:443", "http://localhost:80",
		"https://app.test:0", "https://app.test:70000", "https://app.test:", "https://app.test:080", "https://user@app.test",
		"https://app.test@evil.test", "https://a b.test", "https://app.test\\@evil.test", "https://app%2etest", "https://bücher.test",
		"https://app.test.", "https://-app.test", "https://2130706433", "https://0x7f.1", "https://[::1%25lo]", "https://127.1",
		"javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://app.test", "com.example.app:/cb", "https://app_x.test",
		"https://app.test#", "https://app.test/#x", "https://[::FFFF:1.2.3.4]", "https://a..test", " https://app.test", "https://app.test\t",
	}
	noOrigin := []string{"https://app.test/", "https://app.test/cb", "https://app.test?x", "https://app.test?"}
	noRedirect := []string{
		"https://app.test/cb#x", "https://app.test/cb#", "https://app.test/a b", "https://app.test/a\\b",
		"https://app.test/" + strings.Repeat("x", 2048),
	}
	for path, list := range map[string][]string{
		"cors.origins": slices.Concat(neither, noOrigin), "passkeys.origins": slices.Concat(neither, noOrigin),
		"redirects.allowed": slices.Concat(neither, noRedirect),
	} {
		for _, bad := range list {
			value, _ := json.Marshal([]string{bad})
			_, _, err := Apply(nil, []Change{{path, value}}, nil)
			if got := fieldsOf(err); len(got) != 1 || got[0].Field != path {
				t.Errorf("%s takes %q: %v %v", path, bad, err, got)
			}
		}
	}
}
