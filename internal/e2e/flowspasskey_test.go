package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/descope/virtualwebauthn"
	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/devseed"
)

// keyHolder does what the scripts of docs/flows.md do, in a browser with an authenticator that the flows of passkeys need and
// that curl is not.
type keyHolder struct {
	t     *testing.T
	base  string
	party virtualwebauthn.RelyingParty
	key   virtualwebauthn.Authenticator
	sent  []string // what is asked for in the flow that is played
}

func newKeyHolder(t *testing.T, base string) *keyHolder {
	return &keyHolder{
		t: t, base: base,
		party: virtualwebauthn.RelyingParty{ID: "localhost", Name: "Acme", Origin: base},
		key:   virtualwebauthn.NewAuthenticator(),
	}
}

// plays are the flows of passkeys by the titles of their sections.
func (v *keyHolder) plays() map[string]func() {
	return map[string]func(){
		"Register a passkey":                     v.register,
		"Sign in with a passkey":                 func() { v.signIn(nil) },
		"Sign in with a passkey of a known user": func() { v.signIn(fields{"identifier": devseed.Email}) },
	}
}

// passkeyReply is what the script reads of answers.
type passkeyReply struct {
	Challenge struct {
		ID        string          `json:"id"`
		PublicKey json.RawMessage `json:"public_key"`
	} `json:"challenge"`
	ChallengeID string          `json:"challenge_id"`
	PublicKey   json.RawMessage `json:"public_key"`
	AccessToken string          `json:"access_token"`
}

// post sends what the script's post sends.
func (v *keyHolder) post(path, token string, body any) (out passkeyReply) {
	v.t.Helper()
	v.sent = append(v.sent, anyID.ReplaceAllString(path, "{id}"))
	if body == nil {
		body = fields{}
	}
	text := must(json.Marshal(body))(v.t)
	req := must(http.NewRequest(http.MethodPost, v.base+"/t/"+tenant+"/v1"+path, bytes.NewReader(text)))(v.t)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp := must(httpClient.Do(req))(v.t)
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		v.t.Fatalf("read the answer to %s: %v", path, err)
	}
	return out
}

func (v *keyHolder) register() {
	in := v.post("/login", "", fields{"identifier": devseed.Email, "password": devseed.Password})
	asked := v.post("/passkeys/options", in.AccessToken, nil)
	options := must(virtualwebauthn.ParseAttestationOptions(string(asked.PublicKey)))(v.t)
	passkey := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	v.key.Options.UserHandle = []byte(options.UserID)
	v.key.AddCredential(passkey)
	made := virtualwebauthn.CreateAttestationResponse(v.party, v.key, passkey, *options)
	v.post("/passkeys", in.AccessToken, map[string]any{
		"challenge_id": asked.ChallengeID, "credential": json.RawMessage(made), "name": "Laptop",
	})
}

func (v *keyHolder) signIn(who any) {
	asked := v.post("/login/passkey", "", who)
	options := must(virtualwebauthn.ParseAssertionOptions(string(asked.Challenge.PublicKey)))(v.t)
	signed := virtualwebauthn.CreateAssertionResponse(v.party, v.key, v.key.Credentials[0], *options)
	v.post("/challenges/"+asked.Challenge.ID, "", map[string]any{"credential": json.RawMessage(signed)})
}

var (
	scriptPost = regexp.MustCompile("await post\\(['`]([^'`]+)['`]")
	scriptSlot = regexp.MustCompile(`\$\{[^}]*\}`)
)

// compareScript checks that the scripts of a section ask for what was played.
func (v *keyHolder) compareScript(f *drawnFlow) {
	v.t.Helper()
	var wrote []string
	for _, b := range f.of("js") {
		for _, m := range scriptPost.FindAllStringSubmatch(b.body, -1) {
			wrote = append(wrote, scriptSlot.ReplaceAllString(m[1], "{id}"))
		}
	}
	if diff := cmp.Diff(wrote, v.sent); diff != "" {
		v.t.Errorf("docs/flows.md:%d: %s: the script asks for something else (-script +played):\n%s", f.line, f.title, diff)
	}
	v.sent = nil
}

// The scripts are also run as they are told to be: in the console of a browser.
func TestTheScriptsOfFlowsRunInABrowser(t *testing.T) {
	t.Parallel()
	page := openTab(t, startChromium(t))
	page.plug(true)
	rec := startRecorder(t)
	d := newDesk(t, rec.url)
	rec.dev = d.dev
	page.do(chromedp.Navigate(rec.url + "/docs"))
	for i, f := range readFlows(string(must(os.ReadFile(filepath.Join(repository(), "docs", "flows.md")))(t))) {
		scripts := f.of("js")
		rec.draw(i)
		for _, b := range scripts {
			page.console(strings.ReplaceAll(b.body, "localhost:8080", "localhost:"+d.port))
		}
		if len(scripts) > 0 {
			f.shows(t, rec.of(i))
		}
	}
}

// console runs a script as the console of the tab does.
func (p *tab) console(script string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, pageLimit)
	defer cancel()
	yes := true
	done, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: script, ReplMode: &yes, AwaitPromise: &yes})
	p.check(err)
	if done.ExceptionDetails != nil {
		p.t.Fatalf("the script fails: %v", done.ExceptionDetails)
	}
}
