package pages_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// mailedSignIn asks for a sign-in by mail, elsewhere, and returns the parameters of the mailed link.
func mailedSignIn(t *testing.T, env *webtest.Env, email string) url.Values {
	t.Helper()
	env.DeliverMail(t)
	env.Do(t, "POST", webtest.API(acme)+"/login/code", map[string]string{"identifier": email}).Want(t, 200)
	return parameters(t, env.Link(t, acme, email))
}

func parameters(t *testing.T, link string) url.Values {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil || !strings.HasPrefix(link, flowtest.PublicURL+"/t/acme/link?") {
		t.Fatalf("the link begins %.40q, %v", link, err)
	}
	webtest.Log.Secret("a link's secret", u.Query().Get("s"))
	return u.Query()
}

// submit sends a form of a page, as its own browser does.
func submit(t *testing.T, env *webtest.Env, form url.Values, headers ...webtest.Header) *webtest.Answer {
	t.Helper()
	return env.Do(t, "POST", "/t/acme/link", form.Encode(), append([]webtest.Header{urlForm, own}, headers...)...)
}

var field = regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)">`)

// fill reads the hidden fields of each form of a page.
func fill(a *webtest.Answer) (forms []url.Values) {
	for part := range strings.SplitSeq(a.Body, "<form ") {
		values := url.Values{}
		for _, m := range field.FindAllStringSubmatch(part, -1) {
			values.Set(m[1], m[2])
		}
		if len(values) > 0 {
			forms = append(forms, values)
		}
	}
	return forms
}

// cookies are what a browser sends back.
func cookies(a *webtest.Answer) webtest.Header {
	var pairs []string
	for _, set := range a.Header.Values("Set-Cookie") {
		pair, _, _ := strings.Cut(set, ";")
		pairs = append(pairs, pair)
		_, value, _ := strings.Cut(pair, "=")
		webtest.Log.Secret("a cookie", value)
	}
	return webtest.Header{Name: "Cookie", Value: strings.Join(pairs, "; ")}
}

func onCookies(t *testing.T, settings ...string) (*webtest.Env, *webtest.User) {
	t.Helper()
	env := webtest.New(t)
	env.Set(t, acme, append(settings, "tokens.transport=cookie")...)
	return env, env.Join(t, acme, "ann@ex.test")
}

func shows(t *testing.T, a *webtest.Answer, status int, title string, parts ...string) {
	t.Helper()
	a.Want(t, status)
	for _, part := range append(parts, "<h1>"+title+"</h1>") {
		if !strings.Contains(a.Body, part) {
			t.Errorf("the page lacks %s: %s", part, a.Body[strings.Index(a.Body, "<main"):])
		}
	}
}

func TestALinkSignsInTheBrowserThatPressesItsButton(t *testing.T) { // OTC-10
	t.Parallel()
	env, _ := onCookies(t)
	link := mailedSignIn(t, env, "ann@ex.test")
	path := "/t/acme/link?" + link.Encode()
	var page *webtest.Answer
	for range 5 {
		page = env.Do(t, "GET", path, nil).Want(t, 200)
		for _, a := range []*webtest.Answer{page, env.Do(t, "HEAD", path, nil).Want(t, 200)} {
			if a.Header.Get("Set-Cookie") != "" || a.Header.Get("Referrer-Policy") != "no-referrer" || a.Header.Get("Cache-Control") != "no-store" {
				t.Fatalf("headers %v", a.Header)
			}
		}
	}
	shows(t, page, 200, "Sign in to acme", `<button type="submit" autofocus`)
	if strings.Contains(page.Body, `type="password"`) || strings.Contains(page.Body, "<script") || external.MatchString(page.Body) {
		t.Errorf("%s", page.Body)
	}
	form := fill(page)[0]
	elsewhere := webtest.Header{Name: "Sec-Fetch-Site", Value: "cross-site"}
	shows(t, env.Do(t, "POST", "/t/acme/link", form.Encode(), urlForm, elsewhere), 403, "Not allowed from this origin")
	in := submit(t, env, form, noFrom)
	shows(t, in, 200, "You are signed in")
	set := in.Header.Values("Set-Cookie")
	if len(set) != 2 || !strings.HasPrefix(set[0], "__Host-tg-ten_") || !strings.HasPrefix(set[1], "__Host-tgd-ten_") {
		t.Fatalf("cookies %d", len(set))
	}
	for _, c := range set { // SES-07
		if !strings.Contains(c, "; HttpOnly; Secure; SameSite=Lax") || strings.Contains(c, "Domain") {
			t.Errorf("Set-Cookie lacks what it must have")
		}
	}
	if strings.Contains(in.Body, "tgc_") || strings.Contains(in.Body, "tgd_") {
		t.Errorf("the page holds a token: %s", in.Body)
	}
	env.Do(t, "GET", webtest.API(acme)+"/me", nil, cookies(in)).Want(t, 200)
	shows(t, submit(t, env, form), 410, "This link is over")
	shows(t, env.Do(t, "GET", path, nil), 410, "This link is over")
	// Whoever asked for the mail still has a challenge, and nothing else.
	env.Do(t, "POST", webtest.API(acme)+"/challenges/"+link.Get("c"), map[string]string{"code": "123456"}).Refused(t, 410, fault.ChallengeExpired)
	// The same browser is known the next time.
	again := submit(t, env, mailedSignIn(t, env, "ann@ex.test"), cookies(in))
	if set := again.Want(t, 200).Header.Values("Set-Cookie"); len(set) != 1 {
		t.Errorf("%d cookies on a known device", len(set))
	}
}

func TestALinkSignsUpWithoutAPassword(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	env.Set(t, acme, "tokens.transport=cookie", "magic.signup=true")
	env.Do(t, "POST", webtest.API(acme)+"/signup", map[string]string{"email": "bob@ex.test", "name": "Bob"}).Want(t, 200)
	link := parameters(t, env.Link(t, acme, "bob@ex.test"))
	shows(t, env.Do(t, "GET", "/t/acme/link?"+link.Encode(), nil), 200, "Sign in to acme")
	in := submit(t, env, link)
	shows(t, in, 200, "You are signed in")
	var me struct {
		Name     string
		Verified bool `json:"email_verified"`
	}
	env.Do(t, "GET", webtest.API(acme)+"/me", nil, cookies(in)).Want(t, 200).JSON(t, &me)
	if me.Name != "Bob" || !me.Verified {
		t.Errorf("%+v", me)
	}
	// A taken address gets no link, and the page of its challenge does not tell.
	var taken, free webtest.Step
	for email, step := range map[string]*webtest.Step{"bob@ex.test": &taken, "cy@ex.test": &free} {
		env.Do(t, "POST", webtest.API(acme)+"/signup", map[string]string{"email": email}).Want(t, 200).JSON(t, step)
	}
	for _, step := range []webtest.Step{taken, free} {
		guess := url.Values{"c": {step.Challenge.ID}, "s": {"AAAAAAAAAAAAAAAAAAAAAAAAAA"}}
		shows(t, env.Do(t, "GET", "/t/acme/link?"+guess.Encode(), nil), 200, "Sign in to acme")
		for range 5 {
			shows(t, submit(t, env, guess), 410, "This link is over")
		}
		shows(t, env.Do(t, "GET", "/t/acme/link?"+guess.Encode(), nil), 410, "This link is over") // its tries are used up
	}
}

func TestALinkThatSignsNobodyInHere(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	env.Set(t, acme, "mail.link_url="+flowtest.PublicURL+"/t/acme/link")
	ann := env.Join(t, acme, "ann@ex.test")
	// Tokens have no place in a page: links of tenants on tokens lead to their own apps, and here to nothing.
	link := mailedSignIn(t, env, "ann@ex.test")
	shows(t, env.Do(t, "GET", "/t/acme/link?"+link.Encode(), nil), 410, "This link is over")
	shows(t, submit(t, env, link), 410, "This link is over")
	answer := map[string]string{"secret": link.Get("s")}
	env.Do(t, "POST", webtest.API(acme)+"/challenges/"+link.Get("c"), answer).Want(t, 200) // no try was used

	// Challenges that no link answers, on a tenant on cookies.
	secret, _ := env.EnrolTOTP(t, ann)
	env.DeliverMail(t)
	var stepUp, address webtest.Step
	env.Do(t, "POST", webtest.API(acme)+"/step-up", nil, ann.Auth()).Want(t, 200).JSON(t, &stepUp)
	raise := map[string]string{"factor": "totp", "code": env.TOTP(t, secret)}
	env.Do(t, "POST", webtest.API(acme)+"/challenges/"+stepUp.Challenge.ID, raise).Want(t, 200).JSON(t, &stepUp)
	mine := webtest.Bearer(stepUp.AccessToken)
	body := map[string]string{"kind": "email", "value": "ann@ex2.test"}
	env.Do(t, "POST", webtest.API(acme)+"/me/identifiers", body, mine).Want(t, 200).JSON(t, &address)
	env.Do(t, "POST", webtest.API(acme)+"/step-up", nil, mine).Want(t, 200).JSON(t, &stepUp)
	env.Set(t, acme, "tokens.transport=cookie")
	for _, id := range []string{address.Challenge.ID, stepUp.Challenge.ID, "chl_5m9k3v9wf5xr2q8m7n4p6s0tka", "nonsense"} {
		guess := url.Values{"c": {id}, "s": {"AAAAAAAAAAAAAAAAAAAAAAAAAA"}}
		shows(t, env.Do(t, "GET", "/t/acme/link?"+guess.Encode(), nil), 410, "This link is over")
		shows(t, submit(t, env, guess), 410, "This link is over")
	}
	// The code of a new address is none of a second factor.
	form := url.Values{"c": {address.Challenge.ID}, "factor": {"totp"}, "answer": {env.Code(t, acme, "ann@ex2.test")}}
	shows(t, submit(t, env, form), 410, "This link is over")
	form.Set("factor", "email_code")
	shows(t, submit(t, env, form), 410, "This link is over")
}
