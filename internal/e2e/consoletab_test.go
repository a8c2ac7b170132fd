package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

// console is a server for development with its admin.
type console struct {
	*desk
	browser  browser
	base     string // of the public listener, by the name that passkeys are bound to
	admin    admin
	password string        // of all demo users
	codes    time.Duration // how far the next code is ahead: each is of a later step than the last
}

type admin struct {
	Email  string
	Secret string `json:"totp_secret"`
}

func newConsole(t *testing.T) *console {
	t.Helper()
	return consoleOf(t, must(plainBinary())(t))
}

// consoleOf is newConsole with another binary, and more in the environment.
func consoleOf(t *testing.T, binary string, env ...string) *console {
	t.Helper()
	if _, err := os.Stat(filepath.Join(repository(), "web", "console", "dist", "index.html.gz")); err != nil {
		lacking(t, errors.New("the console is not installed: run make console"))
	}
	c := &console{browser: startChromium(t), desk: deskOf(t, binary, "", env...)}
	c.base = "http://localhost:" + c.port
	var line struct {
		Demo struct {
			Password string
			Admin    admin
		}
	}
	if err := json.Unmarshal(c.dev.said, &line); err != nil || line.Demo.Admin.Secret == "" {
		t.Fatalf("the server says nothing of its admin (%v): %s", err, c.dev.said)
	}
	c.admin, c.password = line.Demo.Admin, line.Demo.Password
	return c
}

// code is one that the admin's app shows now, or a step later where one was used already.
func (c *console) code(t *testing.T, secret string) string {
	t.Helper()
	code, err := totp.GenerateCodeCustom(secret, time.Now().Add(c.codes),
		totp.ValidateOpts{Period: 30, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		t.Fatal(err)
	}
	c.codes += 30 * time.Second
	return code
}

// invite makes an admin by the command line, and returns the link that sets the password.
func (c *console) invite(t *testing.T, email, role string) string {
	t.Helper()
	cmd := exec.Command("bin/tenantgate", "admin", "create", "--email", email, "--role", role, "--json")
	cmd.Dir, cmd.Env = c.dir, append(c.env, "TENANTGATE_PUBLIC_URL="+c.base)
	out, err := cmd.Output()
	var made struct {
		SetupURL string `json:"setup_url"`
	}
	if err == nil {
		err = json.Unmarshal(out, &made)
	}
	if err != nil || made.SetupURL == "" {
		t.Fatalf("make an admin: %v\n%s", err, out)
	}
	return made.SetupURL
}

// consoleTab is a tab on the console. It keeps what the page complains of and whom it asks.
type consoleTab struct {
	*tab
	base string

	mu      sync.Mutex
	wrong   []string
	foreign []string
}

func (c *console) open(t *testing.T, path string) *consoleTab {
	t.Helper()
	p := &consoleTab{base: c.base}
	ctx, end := chromedp.NewContext(c.browser.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.notice))
	t.Cleanup(end)
	p.tab = &tab{t: t, ctx: ctx}
	p.check(chromedp.Do(ctx, chromedp.EmulateViewport(1280, 800)))
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	p.check(err)
	_, err = chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{})
	p.check(err)
	p.visit(path)
	return p
}

// notice keeps errors and requests to other origins. That a request was refused is no error of the page.
func (p *consoleTab) notice(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text, _ := json.Marshal(e.ExceptionDetails)
		p.wrong = append(p.wrong, string(text))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			text, _ := json.Marshal(e.Args)
			p.wrong = append(p.wrong, string(text))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			p.wrong = append(p.wrong, e.Entry.Text)
		}
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if err != nil || u.Scheme != "data" && u.Scheme != "blob" && !strings.HasPrefix(e.Request.URL, p.base+"/") {
			p.foreign = append(p.foreign, e.Request.URL)
		}
	}
}

// clean fails the test where the page complained, or asked somebody else for anything.
func (p *consoleTab) clean() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, text := range p.wrong {
		p.t.Errorf("the page complains: %s", text)
	}
	for _, address := range p.foreign {
		p.t.Errorf("the page asks another origin: %s", address)
	}
}

func (p *consoleTab) visit(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.base + path))
}

// holds waits until an expression is true on the page, whichever page that is by then.
func (p *consoleTab) holds(what, expression string) {
	p.t.Helper()
	if err := p.becomes(expression, pageLimit); err != nil {
		p.fail(what, err)
	}
}

// holdsAfter does something until an expression is true: nothing on the page says from when on it can be seen.
func (p *consoleTab) holdsAfter(what, expression string, do func()) {
	p.t.Helper()
	const tries = 10
	for range tries {
		do()
		if p.becomes(expression, pageLimit/tries) == nil {
			return
		}
	}
	p.fail(what, nil)
}

// becomes waits until an expression is true, and returns the last error of the page where it does not.
func (p *consoleTab) becomes(expression string, limit time.Duration) error {
	end := time.Now().Add(limit)
	for {
		is, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err == nil && is {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s: %w", expression, errors.Join(err, errNever))
		}
		<-time.After(50 * time.Millisecond)
	}
}

var errNever = errors.New("it does not become true")

func (p *consoleTab) fail(what string, err error) {
	p.t.Helper()
	p.shoot("failure")
	text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](`location.href + '\n' + document.body.innerText`))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.t.Fatalf("not seen: %s (%v). The page complains %q and is %s", what, err, p.wrong, text)
}

// shows waits for a text.
func (p *consoleTab) shows(text string) {
	p.t.Helper()
	p.holds("the page shows "+text, fmt.Sprintf(`document.body.innerText.replaceAll('\u00a0', ' ').includes(%q)`, text))
}

// at waits until the tab is at an address.
func (p *consoleTab) at(path string) {
	p.t.Helper()
	p.holds("the tab is at "+path, fmt.Sprintf(`location.pathname + location.search === %q && document.readyState === 'complete'`, path))
}

func (p *consoleTab) fill(name, value string) {
	p.t.Helper()
	field := chromedp.CSS(fmt.Sprintf(`input[name=%q]`, name))
	p.do(chromedp.WaitVisible(field), chromedp.SetValue(field, value))
}

// choose presses the button of a text, once it can be pressed.
func (p *consoleTab) choose(text string) {
	p.t.Helper()
	button := fmt.Sprintf(`[...document.querySelectorAll('button')].find((b) => !b.disabled &&
		(b.innerText.trim().split('\n')[0] === %[1]q || b.ariaLabel === %[1]q))`, text)
	p.holds("there is a button "+text, button)
	p.do(chromedp.Evaluate[chromedp.Void](button + ".click()"))
}

// shoot keeps a picture of the page where the tests are asked for artifacts.
func (p *consoleTab) shoot(name string) {
	p.t.Helper()
	picture, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	p.check(err)
	if err := os.WriteFile(filepath.Join(p.t.ArtifactDir(), name+".png"), picture, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// adminURL is where the admin listener of a replica is.
func adminURL(t *testing.T, r *replica) string {
	t.Helper()
	var line struct{ Listening map[string]string }
	if err := json.Unmarshal(r.said, &line); err != nil {
		t.Fatal(err)
	}
	return "http://" + line.Listening["admin"]
}
