package mail

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// full returns data with everything that a kind can carry.
func full(kind Kind) Data {
	d := Data{
		Brand: "Acme & Söhne", To: "alice@x.test", When: time.Date(2026, 3, 9, 8, 5, 59, 0, time.FixedZone("", 3600)),
		Device: "Firefox 134.0 on Linux", Address: "::ffff:203.0.113.7",
	}
	if catalogue[kind].code {
		d.Code, d.Lifetime = "042917", 10*time.Minute
	}
	if catalogue[kind].link {
		d.Link = "https://auth.test/t/acme/link?c=chl_01&s=secret"
	}
	if catalogue[kind].factor {
		d.Factor = AuthenticatorApp
	}
	if catalogue[kind].left {
		d.Left = 7
	}
	return d
}

// least returns data with nothing that may be left out.
func least(kind Kind) Data {
	d := full(kind)
	return Data{Brand: d.Brand, To: d.To, Code: d.Code, Lifetime: d.Lifetime, Factor: d.Factor}
}

func TestEveryKindRendersAsItsGoldenFiles(t *testing.T) {
	t.Parallel()
	for _, kind := range Kinds() {
		for name, d := range map[string]Data{string(kind): full(kind), string(kind) + ".least": least(kind)} {
			m, err := Render(kind, d)
			if err != nil {
				t.Error(err)
				continue
			}
			golden(t, name+".txt", "Subject: "+m.Subject+"\n\n"+m.Text)
			golden(t, name+".html", m.HTML)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestEveryTemplateAndGoldenFileBelongsToAKind(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"templates/*", "testdata/*.*"} {
		paths, err := fs.Glob(os.DirFS("."), pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			name, _, _ := strings.Cut(filepath.Base(path), ".")
			if _, known := catalogue[Kind(name)]; !known && name != "layout" {
				t.Errorf("%s belongs to no kind", path)
			}
		}
	}
}

func TestACodeStandsAlone(t *testing.T) {
	t.Parallel()
	for _, kind := range Kinds() {
		m, err := Render(kind, full(kind))
		if err != nil {
			t.Fatal(err)
		}
		inText := regexp.MustCompile(`(?m)^042917$`).FindAllString(m.Text, -1)
		inHTML := strings.Count(m.HTML, `<p class="code">042917</p>`)
		want := 0
		if catalogue[kind].code {
			want = 1
		}
		if len(inText) != want || inHTML != want || m.Code == "" != (want == 0) {
			t.Errorf("%s: %d times in the text, %d in the HTML, field %q", kind, len(inText), inHTML, m.Code)
		}
		if strings.Contains(m.Subject, "042917") {
			t.Errorf("%s: the subject, which locked screens show, holds the code", kind)
		}
	}
}

func TestMailsLoadNothingAndRunNothing(t *testing.T) {
	t.Parallel()
	fetches := regexp.MustCompile(`(?i)<(script|img|link|iframe|form|object|embed|video|audio)|url\(|@import|\bsrc=|\bon[a-z]+=`)
	for _, kind := range Kinds() {
		m, err := Render(kind, full(kind))
		if err != nil {
			t.Fatal(err)
		}
		if found := fetches.FindString(m.HTML); found != "" {
			t.Errorf("%s: HTML holds %q", kind, found)
		}
		if strings.Contains(m.HTML, "ZgotmplZ") {
			t.Errorf("%s: a value was put where html/template refuses it", kind)
		}
	}
}

func TestRenderRefusesWhatDoesNotFitTheKind(t *testing.T) { // INP-06
	t.Parallel()
	cases := map[string]struct {
		kind   Kind
		change func(*Data)
	}{
		"another kind":              {"newsletter", func(*Data) {}},
		"no brand":                  {SignupTaken, func(d *Data) { d.Brand = "" }},
		"brand of two lines":        {SignupTaken, func(d *Data) { d.Brand = "Acme\r\nBcc: eve@evil.test" }},
		"brand with NUL":            {SignupTaken, func(d *Data) { d.Brand = "Acme\x00" }},
		"recipient of two lines":    {SignupTaken, func(d *Data) { d.To = "alice@x.test\r\nBcc: eve@evil.test" }},
		"two recipients":            {SignupTaken, func(d *Data) { d.To = "alice@x.test, eve@evil.test" }},
		"code where none belongs":   {SignupTaken, func(d *Data) { d.Code = "123456" }},
		"code missing":              {SignupCode, func(d *Data) { d.Code = "" }},
		"code of two lines":         {SignupCode, func(d *Data) { d.Code = "1234\n5678" }},
		"code with markup":          {SignupCode, func(d *Data) { d.Code = "<b>1234</b>" }},
		"lifetime missing":          {SignupCode, func(d *Data) { d.Lifetime = 0 }},
		"link where none belongs":   {AccountDeleted, func(d *Data) { d.Link = "https://auth.test/" }},
		"half where none belongs":   {EmailCode, func(d *Data) { d.Half = "042917" }},
		"half with words":           {PasswordReset, func(d *Data) { d.Half = "see evil.test" }},
		"link that runs":            {EmailCode, func(d *Data) { d.Link = "javascript:alert(1)" }},
		"link without a host":       {EmailCode, func(d *Data) { d.Link = "/t/acme/link" }},
		"link that leaves its tag":  {EmailCode, func(d *Data) { d.Link = `https://auth.test/"><b>` }},
		"link of two lines":         {EmailCode, func(d *Data) { d.Link = "https://auth.test/\nmore" }},
		"link with a password":      {EmailCode, func(d *Data) { d.Link = "https://auth.test@evil.test/" }},
		"factor where none belongs": {NewDevice, func(d *Data) { d.Factor = Passkey }},
		"factor missing":            {FactorAdded, func(d *Data) { d.Factor = "" }},
		"factor in own words":       {FactorRemoved, func(d *Data) { d.Factor = "passkey of evil.test" }},
		"factor with a capital":     {FactorAdded, func(d *Data) { d.Factor = "Passkey" }},
		"number where none belongs": {RecoveryCodesMade, func(d *Data) { d.Left = 1 }},
		"fewer than none left":      {RecoveryCodeUsed, func(d *Data) { d.Left = -1 }},
	}
	for name, c := range cases {
		d := full(c.kind)
		c.change(&d)
		if m, err := Render(c.kind, d); !Permanent(err) {
			t.Errorf("%s: %+v, %v; want a refusal", name, m, err)
		} else if strings.Contains(err.Error(), "alice") {
			t.Errorf("%s: the error names the recipient: %v", name, err)
		}
	}
}

func TestOtherPeoplesWordsNeverReachAMail(t *testing.T) { // INP-10
	t.Parallel()
	for _, text := range []string{
		"Claim your prize http://evil.test", "Claim-your-prize evil.test", "www.evil.test", "<b>Prize</b>",
		"Firefox\nClaim", "Firefox/evil", "Firefox on Linux " + strings.Repeat("prize ", 20), "prize@evil.test",
	} {
		d := full(SignupCode)
		d.Device, d.Address = text, text
		m, err := Render(SignupCode, d)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"evil", "rize", "Claim"} {
			if strings.Contains(m.Text+m.HTML+m.Subject, word) {
				t.Errorf("device or address %q got into the mail", text)
			}
		}
	}
}

func TestBrandsAreEscapedInHTMLOnly(t *testing.T) {
	t.Parallel()
	d := full(AccountDeleted)
	d.Brand = `<i>R&D</i> "x"`
	m, err := Render(AccountDeleted, d)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(m.HTML, "<i>") {
		t.Error("the brand is markup in the HTML part")
	}
	if m.Subject != `Your <i>R&D</i> "x" account was deleted` {
		t.Errorf("subject %q", m.Subject)
	}
}

func TestLifetimesAreSpokenInTwoUnits(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		time.Second:                     "1 second",
		45 * time.Second:                "45 seconds",
		90 * time.Second:                "1 minute 30 seconds",
		10 * time.Minute:                "10 minutes",
		time.Hour:                       "1 hour",
		90*time.Minute + 20*time.Second: "1 hour 30 minutes",
		24 * time.Hour:                  "1 day",
		72*time.Hour + time.Minute:      "3 days 1 minute",
	} {
		if got := spoken(d); got != want {
			t.Errorf("spoken(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestWhateverRendersIsValid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(Kinds()).Draw(t, "kind")
		d := full(kind)
		d.Brand = rapid.String().Draw(t, "brand")
		d.Device = rapid.String().Draw(t, "device")
		m, err := Render(kind, d)
		if err != nil {
			return
		}
		m.ID, m.From = "job_01", "no-reply@acme.test"
		if err := m.Validate(); err != nil {
			t.Fatalf("brand %q: %v", d.Brand, err)
		}
	})
}
