package e2e

import (
	"os/exec"
	"strings"
	"testing"
)

// node runs a script of the folder clients, whose packages `make setup` installs.
func node(t *testing.T, script string, args ...string) (string, error) {
	t.Helper()
	needsNode(t, "jose")
	cmd := exec.Command("node", append([]string{script}, args...)...)
	cmd.Dir = "clients"
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// JWT: what relying parties do, with a library that is not ours.
func TestAnotherJOSELibraryVerifiesAccessTokensByThePublishedKeysAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, algorithm := range []string{"ES256", "EdDSA", "RS256"} {
		w.createTenant("with-"+strings.ToLower(algorithm), "tokens.algorithm="+algorithm, "signup.verify_email=off")
	}
	r := w.start()
	for _, algorithm := range []string{"ES256", "EdDSA", "RS256"} {
		slug := "with-" + strings.ToLower(algorithm)
		in := expect(t, 201)(r.tenant(slug).signup("ann@x.test", password))
		jwks := func(slug string) string { return r.url + "/t/" + slug + "/.well-known/jwks.json" }
		issuer := publicURL + "/t/" + slug
		out, err := node(t, "verify.mjs", jwks(slug), issuer, issuer, in.AccessToken)
		if err != nil || out != algorithm+" "+in.User.ID {
			t.Errorf("%s: %q, %v; want %q", algorithm, out, err, algorithm+" "+in.User.ID)
		}
		for what, args := range map[string][]string{
			"another tenant's keys":   {jwks(tenant), issuer, issuer},
			"another tenant's issuer": {jwks(slug), publicURL + "/t/" + tenant, issuer},
			"another audience":        {jwks(slug), issuer, "https://api.example.com"},
		} {
			if out, err := node(t, "verify.mjs", append(args, in.AccessToken)...); err == nil {
				t.Errorf("%s passes with %s: %s", algorithm, what, out)
			}
		}
	}
}
