package dialecttest

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	"github.com/tenantgate/tenantgate/web/webtest"
)

func strangers(d Driver) []play {
	doors := len(d.Doors) > 0 && d.Tokens != nil
	return []play{
		{"the driver says where tokens are presented", true, func(w *Wire) {
			if !doors {
				w.T.Error("Tokens and Doors are not filled in")
			}
		}},
		{"what one tenant handed out is nothing at another: TEN-01, TEN-02, TEN-03", doors, abroad},
		{"each token opens the doors of its kind alone: JWT-07, DIA-08", doors, ownMatrix},
		{"what is no token is refused: JWT-01, JWT-04, JWT-09, JWT-10", doors, noTokens},
		{"names that hold markup, SQL or line ends are names or refused: INP-06, INP-08", true, strangeNames},
	}
}

// Swapped is a text of the same shape that is another.
func Swapped(text string) string {
	out := []byte(text)
	for i := len(out) - 1; i >= 0 && i >= len(out)-6; i -= 2 {
		switch c := out[i]; {
		case c >= '0' && c <= '9':
			out[i] = '0' + (c-'0'+1)%10
		case c == 'a' || c == 'A' || c == 'g' || c == 'G':
			out[i] = c + 1
		case c >= 'a' && c <= 'z':
			out[i] = 'a'
		case c >= 'A' && c <= 'Z':
			out[i] = 'A'
		}
	}
	return string(out)
}

// Holders returns somebody signed in and, where the person has a second factor, somebody who still owes it.
func (w *Wire) Holders(p *Person) []*Person {
	w.T.Helper()
	holders := []*Person{w.EnterElsewhere(p)}
	if p.Secret != "" {
		half := p.Elsewhere()
		w.Want(w.First(half), NeedsSecond)
		holders = append(holders, half)
	}
	return holders
}

// Held returns every kind of token that a person can hold, fresh, with who holds it.
func (w *Wire) Held(p *Person) map[string]string {
	w.T.Helper()
	out := map[string]string{}
	for _, holder := range slices.Backward(w.Holders(p)) { // a whole session's last: it holds more
		for kind, token := range w.Tokens(holder) {
			if token != "" {
				out[kind] = token
			}
		}
	}
	if len(out) == 0 {
		w.T.Fatal("nobody holds a token")
	}
	return out
}

// joinFully is Join, with an app where the wire has them.
func (w *Wire) joinFully(name string) *Person {
	w.T.Helper()
	p := w.Join(name)
	if w.EnrolTOTP != nil {
		w.Enrol(p)
	}
	return p
}

func abroad(w *Wire) {
	ann := w.joinFully("annabel")
	mine := w.EnterElsewhere(ann)
	w.JoinAt(webtest.Globex, "annabel") // the same address, another person
	for kind, token := range w.Held(ann) {
		for _, door := range w.Doors {
			theirs, random := door.Try(w.at(ann, webtest.Globex), token), door.Try(w.at(ann, webtest.Globex), Swapped(token))
			if theirs.State != Refused || theirs.Status >= 500 {
				w.T.Errorf("%s of the other tenant at %s: status %d: %s", kind, door.Name, theirs.Status, theirs.Body)
			}
			if theirs.Status != random.Status || timeless(theirs.Answer) != timeless(random.Answer) {
				w.T.Errorf("%s at %s: %d %s, a random one: %d %s", kind, door.Name, theirs.Status, theirs.Body, random.Status, random.Body)
			}
		}
	}
	w.In(mine)
	if w.Refresh != nil { // neither used up nor taken for theft
		w.Want(w.Refresh(mine), SignedIn)
	}
}

func ownMatrix(w *Wire) {
	ann := w.joinFully("annabel")
	for _, kind := range slices.Sorted(maps.Keys(w.Held(ann))) {
		for _, door := range w.Doors {
			token := w.Held(ann)[kind]
			o := door.Try(Blank(ann), token)
			w.NextCode()
			takes := slices.Contains(door.Takes, kind)
			if takes && o.State == Refused {
				w.T.Errorf("%s at %s is refused: status %d: %s", kind, door.Name, o.Status, o.Body)
			}
			if !takes && (o.State != Refused || o.Status >= 500) {
				w.T.Errorf("%s at %s: %s with status %d: %s", kind, door.Name, o.State, o.Status, o.Body)
			}
		}
	}
}

func noTokens(w *Wire) {
	ann := w.joinFully("annabel")
	for kind, token := range w.Held(ann) {
		wrong := []string{"", ".", "..", "x", token + "=", token + ".x", token + "x", token[:len(token)-1], strings.Repeat(".", 5000), strings.Repeat("x", 7000), Swapped(token), "null", "undefined", "'"}
		if parts := strings.Split(token, "."); len(parts) == 3 {
			for _, header := range []string{`{"alg":"none"}`, `{"alg":"none","typ":"JWT"}`, `{"alg":"HS256","kid":"../../dev/null"}`, `{"alg":"HS256","jku":"http://127.0.0.1:1/"}`} {
				head := base64.RawURLEncoding.EncodeToString([]byte(header))
				wrong = append(wrong, head+"."+parts[1]+".", head+"."+parts[1]+"."+parts[2])
			}
		}
		for _, door := range w.Doors {
			if !slices.Contains(door.Takes, kind) {
				continue
			}
			for _, text := range wrong {
				if o := door.Try(Blank(ann), text); o.State != Refused || o.Status >= 500 {
					w.T.Errorf("no %s, %.80q, at %s: %s with status %d: %s", kind, text, door.Name, o.State, o.Status, o.Body)
				}
			}
		}
	}
}

func strangeNames(w *Wire) {
	for _, name := range []string{
		"%", "_", `'; DROP TABLE users; --`, "<script>alert(1)</script>", "a\r\nBcc: x@ex.test", "a\nb", "null", "{{7*7}}",
		strings.Repeat("a", 300), "\u202eevil", "ann\u0000",
	} {
		p := w.Person("stranger")
		p.Email, p.Username = name+"@ex.test", name
		for _, do := range []func(*Person) Outcome{w.SignUp, w.AskCode, w.RequestReset, func(p *Person) Outcome { return w.SignIn(p, "123456") }} {
			if do == nil {
				continue
			}
			o := do(p.Elsewhere())
			if o.Status >= 500 || o.Status < 200 {
				w.T.Errorf("%q: status %d: %s", name, o.Status, o.Body)
			}
			if o.State == Refused && len(name) > 6 && strings.Contains(o.Body, name) {
				w.T.Errorf("%q is echoed: %s", name, o.Body)
			}
		}
	}
}
