package tenants

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
)

func TestSettingsAreShownByPathWithTheirTypes(t *testing.T) {
	t.Parallel()
	_, s := mustApply(t, nil, "mfa.policy=required", `cors.origins=["https://a.test"]`, "sessions.idle=7d")
	for path, want := range map[string]string{
		"codes.digits": `6`, "password.min_length": `8`, "cors.origins": `["https://a.test"]`, "redirects.allowed": `[]`,
		"sessions.idle": `"7d"`, "mfa.policy": `"required"`, "magic.enabled": `true`, "abuse.turnstile.secret": `false`,
	} {
		values, err := s.Under(path)
		if err != nil || len(values) != 1 || string(values[0].Value) != want || values[0].Path != path {
			t.Errorf("%s: %+v, %v, want %s", path, values, err, want)
		}
	}
	all, err := s.Under("")
	if err != nil || len(all) < 60 {
		t.Errorf("%d in all, %v", len(all), err)
	}
	for _, v := range all {
		if !json.Valid(v.Value) {
			t.Errorf("%s is no JSON: %s", v.Path, v.Value)
		}
	}
	for _, path := range []string{"nothing", "sess", "sessions.", "sessions.idle.x", "mail.templates.none", "mail.templates.signup_taken.!", ".", "a\x00"} {
		_, err := s.Under(path)
		expectFault(t, path, err, fault.InvalidInput)
		if fields := fieldsOf(err); len(fields) != 1 || fields[0].Field != "under" {
			t.Errorf("%q: %+v", path, fields)
		}
	}
}

func TestAnEventTellsWhatBecameOfSettingsButNoSecretAndNoAddressOpenly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		r, _ := newOne(t, db)
		const canary = "canary-8813"
		made := create(t, r, "acme", "abuse.turnstile.site_key=site", "abuse.turnstile.secret="+canary)
		created := lastData(t, db, made.ID)
		want := map[string]any{"after": map[string]any{
			"slug": "acme", "name": "acme", "abuse.turnstile.site_key": "site", "abuse.turnstile.secret": true,
		}}
		if diff := cmp.Diff(want, created); diff != "" {
			t.Errorf("made (-want +got):\n%s", diff)
		}
		long := strings.Repeat("x", longestInEvent)
		_, err := r.Set(t.Context(), "acme", 0, parseChanges(t, "abuse.turnstile.secret="+canary+"-2", "mail.from=no-reply@acme.test",
			"codes.digits=8", "mail.templates.signup_taken.en.text="+long, "magic.enabled=true"))
		if err != nil {
			t.Fatal(err)
		}
		data := lastData(t, db, made.ID)
		before, after := data["before"].(map[string]any), data["after"].(map[string]any)
		if before["codes.digits"] != 6. || after["codes.digits"] != 8. || before["abuse.turnstile.secret"] != true ||
			after["abuse.turnstile.secret"] != true {
			t.Errorf("before %v, after %v", before, after)
		}
		if _, told := after["magic.enabled"]; told {
			t.Error("what did not change is told")
		}
		if text := after["mail.templates.signup_taken.en.text"].(map[string]any); text["bytes"] != float64(longestInEvent+2) || text["sha256"] == "" {
			t.Errorf("a long text is told as %v", text)
		}
		personal := map[string]any{"before": map[string]any{"mail.from": ""}, "after": map[string]any{"mail.from": "no-reply@acme.test"}}
		if diff := cmp.Diff(personal, data["personal"]); diff != "" {
			t.Errorf("personal (-want +got):\n%s", diff)
		}
		if text, _ := json.Marshal([]any{created, before, after, data["paths"]}); strings.Contains(string(text), "canary") ||
			strings.Contains(string(text), "acme.test") {
			t.Errorf("told: %s", text)
		}
	})
}
