package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows/factors/password"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// canary stands in every value of a bad request, and must not come back.
const canary = "canary7Q"

// withBody is every operation that takes one, with a member of type string.
var withBody = []struct{ method, path, member string }{
	{"POST", "/signup", "password"},
	{"POST", "/login", "password"},
	{"POST", "/login/code", "identifier"},
	{"POST", "/login/passkey", "identifier"},
	{"POST", "/challenges/chl_5m9k3v9wf5xr2q8m7n4p6s0tka", "code"},
	{"POST", "/password/reset", "identifier"},
	{"POST", "/password/change", "new_password"},
	{"POST", "/token", "refresh_token"},
	{"POST", "/step-up", "acr"},
	{"PATCH", "/me", "name"},
	{"POST", "/challenges/chl_5m9k3v9wf5xr2q8m7n4p6s0tka/enrol", "name"},
	{"POST", "/factors/totp", "name"},
	{"POST", "/factors/totp/fac_5m9k3v9wf5xr2q8m7n4p6s0tka/activate", "code"},
	{"POST", "/passkeys", "name"},
	{"PATCH", "/passkeys/fac_5m9k3v9wf5xr2q8m7n4p6s0tka", "name"},
	{"POST", "/me/identifiers", "value"},
}

type bad struct {
	body    string
	status  int
	code    fault.Code
	headers []webtest.Header
}

// badInput is what no operation takes; F stands for the member, C for the canary.
func badInput() map[string]bad {
	typed := func(name string, values ...string) bad {
		var headers []webtest.Header
		for _, v := range values {
			headers = append(headers, webtest.Header{Name: name, Value: v})
		}
		return bad{`{"F":"C"}`, 415, fault.UnsupportedMediaType, headers}
	}
	large := strings.Repeat("C", 1<<20/len(canary))
	return map[string]bad{
		"a half":                    {`{"F":"C"`, 400, fault.InvalidJSON, nil},
		"white space":               {" \n", 400, fault.InvalidJSON, nil},
		"text behind it":            {`{"F":"C"} "C"`, 400, fault.InvalidJSON, nil},
		"a second document":         {`{"F":"C"}{"F":"C"}`, 400, fault.InvalidJSON, nil},
		"a member twice":            {`{"F":"C","F":"C"}`, 400, fault.InvalidJSON, nil},
		"a member twice, escaped":   {`{"F":"C","\u00` + "%H" + `":"C"}`, 400, fault.InvalidJSON, nil},
		"NaN":                       {`{"F":NaN,"a":"C"}`, 400, fault.InvalidJSON, nil},
		"a byte order mark":         {"\ufeff" + `{"F":"C"}`, 400, fault.InvalidJSON, nil},
		"single quotes":             {`{'F':'C'}`, 400, fault.InvalidJSON, nil},
		"a form as JSON":            {`F=C`, 400, fault.InvalidJSON, nil},
		"deep":                      {strings.Repeat("[", 20_000) + `"C"` + strings.Repeat("]", 20_000), 400, fault.InvalidJSON, nil},
		"deep in the member":        {`{"F":` + strings.Repeat(`{"a":`, 33) + `"C"` + strings.Repeat("}", 34), 400, fault.InvalidJSON, nil},
		"6000 keys":                 {keys(6000), 400, fault.InvalidJSON, nil},
		"an array":                  {`["C"]`, 422, fault.InvalidInput, nil},
		"a string":                  {`"C"`, 422, fault.InvalidInput, nil},
		"an object for a string":    {`{"F":{"a":"C"}}`, 422, fault.InvalidInput, nil},
		"an array for a string":     {`{"F":["C"]}`, 422, fault.InvalidInput, nil},
		"a number for a string":     {`{"F":123456}`, 422, fault.InvalidInput, nil},
		"a large number":            {`{"F":1e400}`, 422, fault.InvalidInput, nil},
		"a boolean for a string":    {`{"F":true}`, 422, fault.InvalidInput, nil},
		"an unknown member":         {`{"surprise":"C"}`, 422, fault.InvalidInput, nil},
		"an unknown one, C":         {`{"C":1}`, 422, fault.InvalidInput, nil},
		"an unknown one, hostile":   {`{"C\u001b[31m\n":"C"}`, 422, fault.InvalidInput, nil},
		"3000 unknown ones":         {keys(3000), 422, fault.InvalidInput, nil},
		"a member in another case":  {`{"F":"C","%U":"C"}`, 422, fault.InvalidInput, nil},
		"invalid UTF-8":             {`{"F":"C` + "\xff\xfe" + `"}`, 422, fault.InvalidInput, nil},
		"half a surrogate pair":     {`{"F":"C\ud800"}`, 422, fault.InvalidInput, nil},
		"the other half":            {`{"F":"C\udc00x"}`, 422, fault.InvalidInput, nil},
		"U+0000":                    {`{"F":"C\u0000"}`, 422, fault.InvalidInput, nil},
		"U+0000 in a name":          {`{"C\u0000":"C"}`, 422, fault.InvalidInput, nil},
		"1 MB":                      {`{"F":"` + large + `"}`, 413, fault.BodyTooLarge, nil},
		"10 MB":                     {`{"F":"` + strings.Repeat(large, 10) + `"}`, 413, fault.BodyTooLarge, nil},
		"10^5 deep":                 {strings.Repeat("[", 100_000), 413, fault.BodyTooLarge, nil},
		"10^6 keys":                 {keys(1_000_000), 413, fault.BodyTooLarge, nil},
		"no Content-Type":           typed("Content-Type", ""),
		"text/plain":                typed("Content-Type", "text/plain"),
		"a form":                    typed("Content-Type", "application/x-www-form-urlencoded"),
		"a multipart form":          typed("Content-Type", "multipart/form-data; boundary=x"),
		"two types":                 typed("Content-Type", "application/json", "application/json"),
		"a list of types":           typed("Content-Type", "application/json, text/plain"),
		"another charset":           typed("Content-Type", "application/json; charset=iso-8859-1"),
		"gzip":                      typed("Content-Encoding", "gzip"),
		"a coding that is identity": typed("Content-Encoding", "identity"),
	}
}

func keys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"k%d":1`, i)
	}
	return `{` + b.String()[1:] + `}`
}

// A hash would allocate the 128 MiB that it asks for here. Not parallel: what others allocate would count.
func TestBadInputIsRefusedEverywhereAtLittleCost(t *testing.T) { // INP-01, INP-03, INP-04, INP-05, PWD-04
	env := webtest.New(t, webtest.Flows(flowtest.Hashing(password.Options{
		Params: password.Params{MemoryKiB: 128 << 10, Time: 1, Parallelism: 1}, MaxWait: time.Minute,
	})))
	ann := env.Join(t, acme, "ann@ex.test")
	for name, c := range badInput() {
		for _, op := range withBody {
			member := op.member
			body := strings.NewReplacer("F", member, "C", canary, "%H", fmt.Sprintf("%02x", member[0])+member[1:],
				"%U", strings.ToUpper(member[:1])+member[1:]).Replace(c.body)
			sent := io.Reader(strings.NewReader(body))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got := env.Do(t, op.method, v1+op.path, sent, append([]webtest.Header{ann.Auth()}, c.headers...)...)
			runtime.ReadMemStats(&after)
			where := fmt.Sprintf("%s at %s", name, op.path)
			if got.Status != c.status || got.Code() != c.code {
				t.Errorf("%s: status %d, want %d %s: %.300s", where, got.Status, c.status, c.code, got.Body)
			}
			if strings.Contains(got.Body, canary) || strings.Contains(fmt.Sprint(got.Header), canary) {
				t.Errorf("%s: the answer holds the input: %.300s", where, got.Body)
			}
			if len(got.Body) > 8<<10 {
				t.Errorf("%s: an answer of %d bytes", where, len(got.Body))
			}
			if spent := after.TotalAlloc - before.TotalAlloc; spent > 24<<20 {
				t.Errorf("%s: %d bytes allocated", where, spent)
			}
			if name == "an unknown member" && !strings.Contains(got.Body, `"field":"surprise","code":"unknown"`) {
				t.Errorf("%s: the field is not named: %s", where, got.Body)
			}
			if c.code == fault.InvalidInput && strings.HasSuffix(name, "for a string") && !strings.Contains(got.Body, `"field":"`+member) {
				t.Errorf("%s: the field is not named: %s", where, got.Body)
			}
		}
	}
	if hit := webtest.Log.Records(canary); len(hit) > 0 {
		t.Errorf("the log holds the input: %q", hit)
	}
}

func TestAPasswordBeyondItsLimitIsNotHashed(t *testing.T) { // PWD-04; not parallel, as above
	env := webtest.New(t, webtest.Flows(flowtest.Hashing(password.Options{
		Params: password.Params{MemoryKiB: 128 << 10, Time: 1, Parallelism: 1}, MaxWait: time.Minute,
	})))
	ann := env.Join(t, acme, "ann@ex.test")
	var raise webtest.Step
	env.Do(t, "POST", v1+"/step-up", nil, ann.Auth()).Want(t, 200).JSON(t, &raise)
	for _, long := range []string{strings.Repeat("a b ", 65), strings.Repeat("é", 257), strings.Repeat("x", 60_000)} {
		for _, c := range []struct {
			path string
			body any
		}{
			{"/signup", fields{"email": "bob@ex.test", "password": long}},
			{"/login", fields{"identifier": "ann@ex.test", "password": long}},
			{"/challenges/" + raise.Challenge.ID, fields{"factor": "password", "password": long}},
			{"/password/change", fields{"current_password": webtest.Password, "new_password": long}},
		} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			env.Do(t, "POST", v1+c.path, c.body, ann.Auth()).Refused(t, 422, fault.InvalidInput)
			runtime.ReadMemStats(&after)
			if spent := after.TotalAlloc - before.TotalAlloc; spent > 24<<20 {
				t.Errorf("%s: %d bytes allocated", c.path, spent)
			}
		}
	}
}

func TestABodyWithoutAnEndIsCutOff(t *testing.T) { // INP-01
	t.Parallel()
	env := webtest.New(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(env.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	fmt.Fprintf(conn, "POST %s/login HTTP/1.1\r\nHost: a.test\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", v1)
	sent := make(chan int, 1)
	go func() {
		n, chunk := 0, "1000\r\n"+strings.Repeat("x", 0x1000)+"\r\n"
		for ; n < 64<<20; n += len(chunk) {
			if _, err := io.WriteString(conn, chunk); err != nil {
				break
			}
		}
		sent <- n
	}()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != 413 || !response.Close {
		t.Errorf("status %d, close %v", response.StatusCode, response.Close)
	}
	if n := <-sent; n >= 64<<20 {
		t.Errorf("the server read %d bytes", n)
	}
}

func TestPathsAndMethodsThatAreNone(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	ann := env.Join(t, acme, "ann@ex.test")
	for _, op := range withBody {
		env.Do(t, op.method, "/t/nobody/v1"+op.path, "{}", ann.Auth()).Refused(t, 404, fault.TenantNotFound)
		env.Do(t, op.method, "/t/ACME/v1"+op.path, "{}", ann.Auth()).Refused(t, 404, fault.TenantNotFound)
		env.Do(t, op.method, "/t/acme%2Fv1/v1"+op.path, "{}", ann.Auth()).Want(t, 404)
		env.Do(t, op.method, v1+op.path+"/", "{}", ann.Auth()).Refused(t, 404, fault.NotFound)
		wrong := env.Do(t, "PUT", v1+op.path, "{}", ann.Auth()).Refused(t, 405, fault.MethodNotAllowed)
		if allow := wrong.Header.Get("Allow"); !strings.Contains(allow, op.method) {
			t.Errorf("PUT %s: Allow is %q", op.path, allow)
		}
	}
	for _, path := range []string{"/me", "/sessions", "/config", "/factors", "/passkeys", "/me/identifiers", "/devices"} {
		env.Do(t, "GET", v1+path, `{"a":1}`, ann.Auth()).Refused(t, 422, fault.InvalidInput)
		env.Do(t, "GET", v1+path, strings.Repeat("x", 1<<20), ann.Auth()).Refused(t, 413, fault.BodyTooLarge)
	}
	for _, path := range []string{
		"/me", "/factors/fac_5m9k3v9wf5xr2q8m7n4p6s0tka", "/passkeys/fac_5m9k3v9wf5xr2q8m7n4p6s0tka", "/me/identifiers/idf_01ka8k3v9wf5xr2q8m7n4p6s0t",
		"/devices/dev_01ka8k3v9wf5xr2q8m7n4p6s0t",
	} {
		env.Do(t, "DELETE", v1+path, `{"a":1}`, ann.Auth()).Refused(t, 422, fault.InvalidInput)
	}
	env.Do(t, "GET", v1+"/me", nil, ann.Auth(), webtest.Header{Name: "Accept", Value: "text/html, application/cbor"}).Want(t, 200)
}

func TestAHugeAuthorizationIsRefusedCheaply(t *testing.T) { // JWT-09
	t.Parallel()
	env := webtest.New(t)
	for name, token := range map[string]string{
		"16 kB": strings.Repeat("a", 16<<10), "dots": strings.Repeat(".", 500_000),
		"parts": strings.Repeat("eyJh.", 100_000), "1 MB": strings.Repeat("a", 1<<20),
	} {
		got := env.Do(t, "GET", v1+"/me", nil, webtest.Bearer(token))
		if got.Status != 401 && got.Status != 431 {
			t.Errorf("%s: status %d", name, got.Status)
		}
	}
}
