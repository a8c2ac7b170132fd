package tenants

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/fault"
)

// parseChanges reads "path=value" texts.
func parseChanges(t testing.TB, texts ...string) []Change {
	t.Helper()
	out := make([]Change, 0, len(texts))
	for _, text := range texts {
		c, err := ParseChange(text)
		if err != nil {
			t.Fatalf("ParseChange(%q): %v", text, err)
		}
		out = append(out, c)
	}
	return out
}

// mustApply changes a document and fails the test, naming the fields, where that is refused.
func mustApply(t testing.TB, doc json.RawMessage, texts ...string) (json.RawMessage, Settings) {
	t.Helper()
	out, s, err := Apply(doc, parseChanges(t, texts...), settingKey{}.seal)
	if err != nil {
		t.Fatalf("%v refused: %v %v", texts, err, fieldsOf(err))
	}
	return out, s
}

func fieldsOf(err error) []fault.Field {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Fields
	}
	return nil
}

// documentedDefaults is the table of settings in the docs.
var documentedDefaults = map[string]string{
	"signup.mode":                            "open",
	"signup.verify_email":                    "before_session",
	"signup.required":                        `["email"]`,
	"password.enabled":                       "true",
	"password.min_length":                    "15 (8 where MFA is required)",
	"password.history":                       "0",
	"codes.digits":                           "6",
	"codes.lifetime":                         "10m",
	"codes.tries":                            "5",
	"magic.enabled":                          "true",
	"magic.signup":                           "false",
	"passkeys.enabled":                       "true",
	"passkeys.rp_id":                         "host of the public URL",
	"passkeys.origins":                       "origin of the public URL",
	"passkeys.user_verification":             "required",
	"passkeys.attestation":                   "none",
	"mfa.policy":                             "optional",
	"mfa.factors":                            `["totp","passkey","recovery_code"]`,
	"mfa.required_roles":                     "[]",
	"mfa.trust_device_days":                  "0",
	"mfa.enrol_grace":                        "0",
	"sessions.access":                        "10m",
	"sessions.idle":                          "30d",
	"sessions.absolute":                      "90d",
	"sessions.max_per_user":                  "0",
	"sessions.step_up_age":                   "10m",
	"tokens.algorithm":                       "ES256",
	"tokens.audience":                        "the issuer",
	"tokens.transport":                       "body",
	"keys.rotation":                          "90d",
	"events.retention":                       "0",
	"abuse.account_failures":                 "10/15m",
	"abuse.address":                          "60/1m",
	"abuse.mails":                            "5/1h",
	"abuse.turnstile.site_key":               "none",
	"abuse.turnstile.secret":                 "none",
	"abuse.turnstile.mode":                   "off",
	"mail.from":                              "the server's",
	"mail.reply_to":                          "the sender",
	"mail.smtp_url":                          "the server's",
	"mail.link_url":                          "the tenant's link page",
	"mail.templates.<kind>.<locale>.subject": "the server's",
	"mail.templates.<kind>.<locale>.text":    "the server's",
	"branding.name":                          "the tenant's name",
	"branding.logo":                          "none",
	"branding.color":                         "the server's",
	"branding.background":                    "the server's",
	"redirects.allowed":                      "[]",
	"cors.origins":                           "[]",
	"dialects.root":                          "none",
	"dialects.waanverse.enabled":             "false",
	"dialects.waanverse.access":              "30m",
	"dialects.waanverse.site":                "none",
	"dialects.waanverse.refresh":             "30d",
	"dialects.waanverse-magic.enabled":       "false",
	"dialects.waanverse-magic.access":        "30m",
	"dialects.waanverse-magic.site":          "none",
	"dialects.waanverse-magic.refresh":       "30d",
	"dialects.axor.enabled":                  "false",
	"dialects.axor.access":                   "90d",
	"dialects.axor.site":                     "none",
	"dialects.axor.refresh":                  "0",
	"abuse.account_daily":                    "100/1d",
	"abuse.tenant_failures":                  "1000/1m",
	"dialects.wolf.enabled":                  "false",
	"dialects.wolf.access":                   "30m",
	"dialects.wolf.site":                     "none",
	"dialects.wolf.refresh":                  "1d",
	"dialects.spaces.enabled":                "false",
	"dialects.spaces.access":                 "15m",
	"dialects.spaces.site":                   "none",
	"dialects.spaces.refresh":                "7d",
}

func TestDefaultsAreTheDocumentedOnesPathByPath(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	for _, info := range Paths() {
		got[info.Path] = info.Default
	}
	if diff := cmp.Diff(documentedDefaults, got); diff != "" {
		t.Errorf("paths and defaults (-documented +built):\n%s", diff)
	}
}

func TestEveryPathHasAHelpLineAndARuleAndNothingElseHas(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, info := range Paths() {
		known[info.Path] = true
		row := settingRows[info.Path]
		if row.help == "" || row.rule.check == nil {
			t.Errorf("%s needs a row with help and rule in settingRows", info.Path)
		}
		if strings.HasSuffix(info.Help, ".") || len(info.Help) > 120 {
			t.Errorf("%s: help is no short sentence without a full stop: %q", info.Path, info.Help)
		}
		if (info.Type == "choice") && len(info.Values) == 0 {
			t.Errorf("%s is a choice without values", info.Path)
		}
	}
	for path := range settingRows {
		if !known[path] {
			t.Errorf("settingRows describes %s, which is no setting", path)
		}
	}
	for _, a := range settingAgreements {
		for _, path := range a.paths {
			if !known[path] {
				t.Errorf("an agreement names %s, which is no setting", path)
			}
		}
	}
}

func TestPathsSayTypesAndValues(t *testing.T) {
	t.Parallel()
	byPath := map[string]PathInfo{}
	for _, info := range Paths() {
		byPath[info.Path] = info
	}
	for path, want := range map[string]PathInfo{
		"signup.mode":           {Type: "choice", Values: []string{"open", "invite", "closed"}},
		"signup.required":       {Type: "list", Values: []string{"email", "username", "phone", "name"}},
		"password.enabled":      {Type: "bool"},
		"codes.digits":          {Type: "int", Allowed: "6 to 10"},
		"codes.lifetime":        {Type: "duration", Allowed: "1m to 1h"},
		"abuse.mails":           {Type: "N/duration", Allowed: "1 to 1000000 events in 1s to 31d, or 0 for no limit"},
		"mail.smtp_url":         {Type: "secret", Allowed: "smtp://user:password@host:port or smtps://"},
		"branding.color":        {Type: "text", Allowed: "#rrggbb"},
		"dialects.root":         {Type: "choice", Values: []string{"none", "waanverse", "waanverse-magic", "axor", "wolf", "spaces"}},
		"dialects.axor.refresh": {Type: "duration", Allowed: "0"},
	} {
		got := byPath[path]
		got.Path, got.Default, got.Help = "", "", ""
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	if diff := cmp.Diff([]string{"abuse.turnstile.secret", "mail.smtp_url"}, SecretPaths()); diff != "" {
		t.Errorf("secret paths (-want +got):\n%s", diff)
	}
}

func TestTheDefaultsAreValidAndStoredAsNothing(t *testing.T) {
	t.Parallel()
	doc, s := mustApply(t, nil)
	if diff := cmp.Diff(Defaults(), s); diff != "" || string(doc) != "{}" {
		t.Errorf("nothing changed gives %s (-defaults +got):\n%s", doc, diff)
	}
	encoded, err := Defaults().Encode()
	if err != nil || string(encoded) != "{}" {
		t.Errorf("the defaults are stored as %s, %v", encoded, err)
	}
}

func TestDefaultsShareNothing(t *testing.T) {
	t.Parallel()
	s := Defaults()
	s.MFA.Factors[0], s.Signup.Required[0] = MFAPasskey, SignupPhone
	s.Mail.Templates["email_code"] = nil
	if d := Defaults(); d.MFA.Factors[0] != MFATOTP || d.Signup.Required[0] != SignupEmail || len(d.Mail.Templates) != 0 {
		t.Error("changing one copy of the defaults changed another")
	}
}

func TestTheLeastLengthOfPasswordsFollowsThePolicyUntilItIsSet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		changes []string
		want    int
	}{
		{nil, 15},
		{[]string{"mfa.policy=required"}, 8},
		{[]string{"mfa.policy=required", "password.min_length=12"}, 12},
		{[]string{"mfa.policy=required", "password.min_length=15"}, 15},
		{[]string{"password.min_length=20"}, 20},
		{[]string{"mfa.policy=off"}, 15},
	} {
		_, s := mustApply(t, nil, c.changes...)
		if got := s.PasswordMinLength(); got != c.want {
			t.Errorf("%v: %d, want %d", c.changes, got, c.want)
		}
	}
	// Who chose 15 keeps it when the policy would allow less.
	doc, _ := mustApply(t, nil, "password.min_length=15")
	if _, s := mustApply(t, doc, "mfa.policy=required"); s.PasswordMinLength() != 15 {
		t.Errorf("the tenant's own 15 became %d", s.PasswordMinLength())
	}
}

func TestEachDialectHasItsGroup(t *testing.T) {
	t.Parallel()
	if got := reflect.TypeFor[DialectsSettings]().NumField() - 1; got != len(Dialects()) {
		t.Errorf("%d groups for %d dialects", got, len(Dialects()))
	}
	for _, name := range Dialects() {
		_, s := mustApply(t, nil, "dialects."+string(name)+".enabled=true")
		for _, other := range Dialects() {
			if got := s.Dialects.Of(other).Enabled; got != (other == name) {
				t.Errorf("with %s enabled, %s is %v", name, other, got)
			}
		}
	}
	if got := Defaults().Dialects.Of(NoDialect); got != (DialectSettings{}) {
		t.Errorf("no dialect has %v", got)
	}
}

func TestRowsShowWhatCountsAndWhatTheTenantDecided(t *testing.T) {
	t.Parallel()
	doc, s := mustApply(t, nil, "signup.mode=closed", "mfa.policy=required", "sessions.access=90s", "abuse.mails=0",
		`cors.origins=["https://app.example.com"]`, "abuse.turnstile.secret="+canarySecret,
		"mail.templates.email_code.pt-BR.subject=Código", "branding.name=Tom & Jerry")
	rows := map[string]Row{}
	for _, row := range s.Rows(doc) {
		rows[row.Path] = row
	}
	for path, want := range map[string]Row{
		"signup.mode":            {Value: "closed"},
		"signup.verify_email":    {Value: "before_session", Default: true},
		"password.min_length":    {Value: "8", Default: true},
		"sessions.access":        {Value: "1m30s"},
		"abuse.mails":            {Value: "0"},
		"cors.origins":           {Value: `["https://app.example.com"]`},
		"abuse.turnstile.secret": {Value: "set, hidden"},
		"mail.smtp_url":          {Value: "the server's", Default: true},
		"branding.name":          {Value: "Tom & Jerry"},
		"passkeys.origins":       {Value: "origin of the public URL", Default: true},

		"mail.templates.email_code.pt-BR.subject": {Value: "Código"},
		"mail.templates.email_code.pt-BR.text":    {Value: "the server's", Default: true},
	} {
		want.Path = path
		if diff := cmp.Diff(want, rows[path]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	order := func(path string) int {
		return slices.IndexFunc(s.Rows(doc), func(r Row) bool { return r.Path == path })
	}
	if order("signup.mode") != 0 || order("mail.from") > order("dialects.root") {
		t.Error("rows are not in the order of Paths")
	}
}
