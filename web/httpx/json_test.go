package httpx_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/httpx"
)

func TestCheckJSONNamesTheFieldThatIsWrong(t *testing.T) { // INP-05
	t.Parallel()
	for body, field := range map[string]string{
		`{"name":"\ud800"}`:                "name",
		`{"profile":{"a":["x","\u0000"]}}`: "profile.a[1]",
		`{"a":"\ufffd"}`:                   "a", // as an escape it looks like what stands for half a pair
		`{"max_age":1e400}`:                "max_age",
		"{\"a\":\"\xff\"}":                 "body",
		`{"\u0000":1}`:                     "?",
		`{"Evil Name":{"a":"\u0000"}}`:     "?.a",
	} {
		err := httpx.CheckJSON([]byte(body))
		var f *fault.Fault
		if !errors.As(err, &f) || f.Code != fault.InvalidInput || len(f.Fields) != 1 || f.Fields[0].Field != field {
			t.Errorf("%q: %+v, want the field %s", body, err, field)
		}
	}
	for _, body := range []string{`{}`, `{"a":"�","b":"\ud83d\ude00"}`, `"text"`, ` [1,2.5e3,null,true] `} {
		if err := httpx.CheckJSON([]byte(body)); err != nil {
			t.Errorf("%q: %v", body, err)
		}
	}
}

// FuzzCheckJSON: what encoding/json refuses, CheckJSON refuses too; what it takes, CheckJSON refuses only for a reason of
// its own.
func FuzzCheckJSON(f *testing.F) { // INP-03
	for _, seed := range []string{
		`{}`, `{"a":[1,{"b":null}]}`, `{"a":1,"a":2}`, `[1,]`, `{"a" 1}`, `[1}`, `{"a":1]`, `{,}`, `"\ud800"`, `1e400`, "\ufeff{}",
		`{} x`, `nul`, `{"a":"\u0000"}`, strings.Repeat("[", 40) + strings.Repeat("]", 40), "{\"\xff\":1}", `-`, `01`, ``, ` `,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		err := httpx.CheckJSON(body)
		if !json.Valid(body) {
			if err == nil {
				t.Fatalf("took %q", body)
			}
			return
		}
		if err == nil {
			var v any
			if err := json.Unmarshal(body, &v); err != nil {
				t.Fatalf("took %q, which cannot be read: %v", body, err)
			}
			return
		}
		switch fault.CodeOf(err) {
		case fault.InvalidInput:
		case fault.InvalidJSON:
			duplicate := bytes.Count(body, []byte(`:`)) > 1
			deep := bytes.Count(body, []byte("["))+bytes.Count(body, []byte("{")) > 32
			if !duplicate && !deep && len(body) < 10_000 {
				t.Fatalf("refused %q: %v", body, err)
			}
		default:
			t.Fatalf("%q: %v", body, err)
		}
		if bytes.Contains(body, []byte("canary")) && strings.Contains(err.Error(), "canary") {
			t.Fatalf("%q is echoed: %v", body, err)
		}
	})
}
