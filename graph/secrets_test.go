package graph_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/sealed"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// kept are secrets that the service keeps, by all texts that would give them away.
type kept map[string]string

// keep notes a secret as it is, in base64 and in hex.
func (k kept) keep(t *testing.T, what string, secret []byte) {
	t.Helper()
	if len(secret) < 8 {
		t.Fatalf("%s has %d bytes: nothing would be found", what, len(secret))
	}
	k[string(secret)] = what
	k[base64.RawStdEncoding.EncodeToString(secret)] = what + " in base64"
	k[base64.RawURLEncoding.EncodeToString(secret)] = what + " in base64 for URLs"
	k[hex.EncodeToString(secret)] = what + " in hex"
	k[strings.ToUpper(hex.EncodeToString(secret))] = what + " in capital hex"
}

// mustNotBeIn fails the test where a text gives one away.
func (k kept) mustNotBeIn(t *testing.T, where, text string) {
	t.Helper()
	for secret, what := range k {
		if strings.Contains(text, secret) {
			t.Errorf("%s shows %s", where, what)
		}
	}
}

// keepShown notes what a tenant's people and its admins were shown once.
func (k kept) keepShown(t *testing.T, env *graphtest.Env, slug string) {
	t.Helper()
	user := env.Join(t, slug, "secretive@"+slug+".test")
	totp, codes := env.EnrolTOTP(t, user)
	k.keep(t, "a TOTP secret", []byte(totp))
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(totp)
	must(t, err)
	k.keep(t, "the bytes of a TOTP secret", raw)
	for _, code := range codes {
		k.keep(t, "a recovery code", []byte(code))
	}
	for what, token := range map[string]string{
		"a refresh token": user.RefreshToken, "an access token": user.AccessToken, "an API key": env.Key(t, access.Auditor, slug).Bearer,
		"a password": webtest.Password,
	} {
		k.keep(t, what, []byte(token))
		digest := sha256.Sum256([]byte(token))
		k.keep(t, "the digest of "+what, digest[:])
	}
	env.Set(t, slug, "abuse.turnstile.site_key=0x1", "abuse.turnstile.secret=canary-of-a-secret-setting")
	k.keep(t, "a secret setting", []byte("canary-of-a-secret-setting"))
}

// keepStored notes what the database holds of a tenant that is secret, and what opens it.
func (k kept) keepStored(t *testing.T, env *graphtest.Env, slug string) {
	t.Helper()
	tenant, db := env.Tenant(t, slug), env.DB.Client
	ctx := tenancy.With(t.Context(), tenant.ID)
	passwords, err := db.PasswordCredential.Query().All(ctx)
	must(t, err)
	for _, row := range passwords {
		k.keep(t, "a password hash", []byte(row.Hash))
		k.keep(t, "the end of a password hash", []byte(row.Hash[strings.LastIndex(row.Hash, "$")+1:]))
	}
	apps, err := db.TOTPDevice.Query().All(ctx)
	must(t, err)
	for _, row := range apps {
		k.keep(t, "a sealed TOTP secret", row.Secret)
	}
	codes, err := db.RecoveryCode.Query().All(ctx)
	must(t, err)
	for _, row := range codes {
		k.keep(t, "the digest of a recovery code", row.Digest)
	}
	apiKeys, err := db.APIKey.Query().All(ctx)
	must(t, err)
	for _, row := range apiKeys {
		k.keep(t, "the stored digest of an API key", row.Digest)
	}
	wrapped, err := db.DataKey.Query().All(ctx)
	must(t, err)
	for _, row := range wrapped {
		k.keep(t, "a wrapped data key", row.Wrapped)
	}
	signing, err := db.SigningKey.Query().All(ctx)
	must(t, err)
	for _, row := range signing {
		k.keep(t, "a sealed private key", row.PrivateSealed)
		der, err := tenant.Keys.Open(sealed.Place{Table: "signing_keys", Column: "private_sealed", Row: row.Kid}, row.PrivateSealed)
		must(t, err)
		k.keep(t, "a private key", der)
		private, err := x509.ParsePKCS8PrivateKey(der)
		must(t, err)
		number, err := private.(*ecdsa.PrivateKey).Bytes()
		must(t, err)
		k.keep(t, "the number of a private key", number)
	}
	for _, key := range reflect.ValueOf(tenant.Keys).Elem().FieldByName("byVersion").Seq2() { // which nothing else tells
		bytes := make([]byte, key.Len())
		for i := range bytes {
			bytes[i] = byte(key.Index(i).Uint())
		}
		k.keep(t, "a data key", bytes)
	}
	if len(passwords)+len(apps)+len(codes)+len(apiKeys) == 0 || len(wrapped) == 0 || len(signing) == 0 {
		t.Fatalf("%s keeps no secrets", slug)
	}
}

// An owner asks for all that the schema can answer, takes the audit log out, and looks for secrets by every filter.
func TestNoFieldFilterOrExportShowsAnOwnerASecret(t *testing.T) { // ADM-05
	t.Parallel()
	env, secrets := graphtest.New(t), kept{}
	own := fill(t, env, graphtest.Acme)
	platform := graphtest.Caller{Name: "owner", Bearer: env.Key(t, access.Owner, "").Bearer}
	admin := env.Admin(t, access.Owner, "")
	secrets.keep(t, "an admin's TOTP secret", []byte(admin.TOTP))
	secrets.keep(t, "the owner's API key", []byte(platform.Bearer))
	secrets.keepShown(t, env, graphtest.Acme)
	env.Must(t, platform, setSettings, graphtest.Vars{"input": graphtest.Vars{"id": own.id("Tenant"), "changes": []any{
		graphtest.Vars{"path": "abuse.turnstile.secret", "value": "another-canary-of-a-setting"}, // which an event tells
	}}})
	secrets.keep(t, "a secret setting", []byte("another-canary-of-a-setting"))
	for _, slug := range []string{graphtest.Acme, tenants.Reserved} {
		secrets.keepStored(t, env, slug)
	}
	env.Place(t)

	probes, bare := probesOf(t, apiSchema())
	shown := 0
	for _, p := range probes {
		if !strings.HasPrefix(p.place, "Query.") {
			continue
		}
		in := p.in(own)
		_, body := send(t, env, platform, in.document, in.with(own.id(p.kind)))
		secrets.mustNotBeIn(t, p.place, body)
		if strings.Contains(body, `"data":`) {
			shown++
		}
	}
	for _, document := range bare {
		_, body := send(t, env, platform, document, nil)
		secrets.mustNotBeIn(t, document, body)
	}
	if shown < 30 {
		t.Errorf("only %d queries are answered", shown)
	}
	for _, slug := range []string{graphtest.Acme, tenants.Reserved} {
		a := env.Env.Do(t, "GET", env.AdminURL+"/admin/events.jsonl?tenant="+slug, nil, webtest.Bearer(platform.Bearer)).Want(t, 200)
		if secrets.mustNotBeIn(t, "the export of "+slug, a.Body); strings.Count(a.Body, "\n") < 5 {
			t.Errorf("the export of %s holds %d events", slug, strings.Count(a.Body, "\n"))
		}
	}
	secrets.findNothing(t, env, platform, own)
}

// findNothing puts each secret into each text of each filter.
func (k kept) findNothing(t *testing.T, env *graphtest.Env, as graphtest.Caller, own *holding) {
	t.Helper()
	schema, filters := apiSchema(), 0
	for _, f := range schema.Query.Fields {
		where := f.Arguments.ForName("where")
		if where == nil {
			continue
		}
		p := &prober{t, schema, "Query", f}
		for _, text := range schema.Types[where.Type.Name()].Fields {
			if text.Type.Name() != "String" {
				continue
			}
			filters++
			document := `query($w: ` + where.Type.String() + `) { ` + f.Name + `(first: 5, where: $w` + ofTenant(p, own) + `) { nodes { __typename } } }`
			for secret, what := range k {
				if strings.Contains(what, " in ") && filters > 1 { // in all its forms for one filter, as it is for the others
					continue
				}
				var value any = strings.ToValidUTF8(secret, "?")
				if text.Type.Elem != nil {
					value = []any{value}
				}
				if _, body := send(t, env, as, document, graphtest.Vars{"w": graphtest.Vars{text.Name: value}}); strings.Contains(body, "__typename") {
					t.Errorf("%s where %s is %s finds something: %s", f.Name, text.Name, what, body)
				}
			}
		}
	}
	if filters < 6 {
		t.Errorf("only %d filters take a text", filters)
	}
}

// ofTenant is the argument that names a tenant, for a field that has one.
func ofTenant(p *prober, own *holding) string {
	if p.field.Arguments.ForName("tenant") == nil {
		return ""
	}
	return `, tenant: "` + own.id("Tenant") + `"`
}
