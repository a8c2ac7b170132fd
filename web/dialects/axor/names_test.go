package axor

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/authflows"
)

func TestTheTwoNamesOfAUser(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 150)
	for _, c := range []struct{ name, profile, first, last string }{
		{"Ann Example", `{"first_name":"Ann","last_name":"Example"}`, "Ann", "Example"},
		{"Ann van Example", `{"first_name":"Ann","last_name":"van Example"}`, "Ann", "van Example"},
		{"Ann van Example", `{"first_name":"Bob","last_name":"Example"}`, "Ann van", "Example"},
		{"Ann van Example", `{"first_name":1}`, "Ann van", "Example"},
		{"Ann van Example", ``, "Ann van", "Example"},
		{"Plato", `{}`, "Plato", ""},
		{"", ``, "", ""},
		{"", `{"first_name":"Ann"}`, "Ann", ""},
		{joined(long, long), `{"first_name":"` + long + `","last_name":"` + long + `"}`, long, long},
	} {
		first, last := namesOf(&authflows.User{Name: c.name, Profile: json.RawMessage(c.profile)})
		if first != c.first || last != c.last {
			t.Errorf("%q with %s: %q and %q, want %q and %q", c.name, c.profile, first, last, c.first, c.last)
		}
	}
	if n := len([]rune(joined(long, long))); n != maxName {
		t.Errorf("a joined name has %d characters", n)
	}
}

func TestNamesLeaveTheRestOfAProfileAsItIs(t *testing.T) {
	t.Parallel()
	for before, want := range map[string]string{
		``:     `{"first_name":"Ann","last_name":"E"}`,
		`null`: `{"first_name":"Ann","last_name":"E"}`,
		`{"z":[1.50,9007199254740993],"first_name":{"a":1}}`: `{"first_name":"Ann","last_name":"E","z":[1.50,9007199254740993]}`,
	} {
		got, err := withNames(json.RawMessage(before), "Ann", "E")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", before, diff)
		}
	}
	if _, err := withNames(json.RawMessage(`[1]`), "Ann", "E"); err == nil {
		t.Error("a profile that is no object is taken")
	}
}
