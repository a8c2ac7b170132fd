package turnstile

import (
	"strings"
	"testing"
)

func FuzzWhateverSiteverifySaysIsReadOrAnError(f *testing.F) {
	for _, body := range []string{
		`{"success":true,"error-codes":[],"hostname":"app.example.test","action":"login","metadata":{"interactive":false}}`,
		`{"success":false,"error-codes":["timeout-or-duplicate"]}`,
		`{"success":false,"error-codes":["invalid-input-secret","0.TOKEN"]}`,
		`{"success":false}`, `{"success":null}`, `{"success":1}`, `{}`, `null`, `[]`, ``, `{"success":true`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := read(body)
		switch {
		case err != nil && (a.OK || a.Hostname != "" || a.Action != "" || a.Codes != nil):
			t.Errorf("an error comes with the answer %+v", a)
		case err == nil && a.OK != (len(a.Codes) == 0):
			t.Errorf("%+v: a refusal has its codes, and nothing else has", a)
		case err != nil && !strings.Contains(err.Error(), "JSON") && strings.ContainsAny(err.Error(), "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_="):
			// Codes have small letters and dashes only; no token and no secret does.
			t.Errorf("the error may hold a secret: %v", err)
		}
	})
}
