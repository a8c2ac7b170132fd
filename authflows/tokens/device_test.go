package tokens_test

import (
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/authflows/tokens"
	"github.com/tenantgate/tenantgate/internal/ids"
)

func TestADeviceTokenSaysWhatWasMintedToItsTenantOnly(t *testing.T) {
	t.Parallel()
	acme, globex := pair(t)
	for _, d := range []tokens.Device{
		{User: ids.New(), ID: ids.NewUnguessable(), Version: 1},
		{User: ids.New(), ID: ids.NewUnguessable(), Version: 1<<31 - 1},
		{},
	} {
		text := tokens.MintDevice(acme.Keys, d)
		if got, ok := tokens.ReadDevice(acme.Keys, text); !ok || got != d {
			t.Errorf("got %+v, %t", got, ok)
		}
		if _, ok := tokens.ReadDevice(globex.Keys, text); ok {
			t.Error("another tenant reads it")
		}
		if text != tokens.MintDevice(acme.Keys, d) {
			t.Error("it is another one each time")
		}
	}
}

// JWT-07: kinds are apart, whatever prefix they are given.
func TestJWT07ADeviceTokenIsNoOtherKind(t *testing.T) {
	t.Parallel()
	acme, _ := pair(t)
	device := tokens.MintDevice(acme.Keys, tokens.Device{User: ids.New(), ID: ids.NewUnguessable(), Version: 1})
	session := tokens.Rotating{Session: ids.New(), Generation: 1}
	_, access := mint(t, acme)
	for _, kind := range []struct {
		kind   tokens.Kind
		prefix string
	}{{tokens.Refresh, "tgr_"}, {tokens.Cookie, "tgc_"}} {
		for _, text := range []string{device, kind.prefix + strings.TrimPrefix(device, "tgd_")} {
			if _, ok := kind.kind.Read(acme.Keys, text); ok {
				t.Errorf("%s reads a device token", kind.prefix)
			}
		}
		other := kind.kind.Mint(acme.Keys, session)
		for _, text := range []string{other, "tgd_" + strings.TrimPrefix(other, kind.prefix)} {
			if _, ok := tokens.ReadDevice(acme.Keys, text); ok {
				t.Errorf("%s is read as a device token", kind.prefix)
			}
		}
	}
	for _, text := range []string{access, "tgd_" + access, ""} {
		if _, ok := tokens.ReadDevice(acme.Keys, text); ok {
			t.Error("an access token is read as a device token")
		}
	}
}

func TestNoChangedCharacterOfADeviceTokenPasses(t *testing.T) {
	t.Parallel()
	acme, _ := pair(t)
	token := tokens.MintDevice(acme.Keys, tokens.Device{User: ids.New(), ID: ids.NewUnguessable(), Version: 1})
	for at := range token {
		for _, other := range []byte("AaZz09-_+/= \n\x00") {
			changed := token[:at] + string(other) + token[at+1:]
			if _, ok := tokens.ReadDevice(acme.Keys, changed); ok && changed != token {
				t.Errorf("%q at %d passes", other, at)
			}
		}
	}
	for _, other := range []string{token + "A", token + "=", token + "\n", " " + token, token[:len(token)-1], strings.ToUpper(token), token + token} {
		if _, ok := tokens.ReadDevice(acme.Keys, other); ok {
			t.Errorf("%q passes", other)
		}
	}
}

// FuzzReadDevice lets nothing be read but the very text that MintDevice wrote.
func FuzzReadDevice(f *testing.F) {
	acme, _ := pair(f)
	token := tokens.MintDevice(acme.Keys, tokens.Device{User: ids.New(), ID: ids.NewUnguessable(), Version: 1})
	for _, seed := range []string{token, "", "tgd_", token + "=", token[:len(token)-1] + "\n"} {
		f.Add(seed, uint16(len(token)-1), byte(1))
	}
	f.Fuzz(func(t *testing.T, text string, at uint16, flip byte) {
		for _, candidate := range []string{text, flipped(text, at, flip), flipped(token, at, flip)} {
			if _, ok := tokens.ReadDevice(acme.Keys, candidate); ok != (candidate == token) {
				t.Errorf("%q: %t", candidate, ok)
			}
		}
	})
}
