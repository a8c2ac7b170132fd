package tenants

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// secretHidden is all that anybody sees of a secret that is set.
const secretHidden = "set, hidden"

// Secret is a setting that is written and never shown. It holds the sealed form only; the plain one exists while
// Reveal's caller uses it. However a Secret is printed, logged or encoded, it is "set, hidden", or empty.
type Secret struct {
	// A pointer, since fmt prints the fields of unexported values without asking their methods.
	box *secretBox
}

type secretBox struct {
	path   string
	sealed []byte
}

// errNoSecret is what an unset secret reveals.
var errNoSecret = errors.New("the secret is not set")

// IsSet reports whether there is a secret.
func (s Secret) IsSet() bool { return s.box != nil }

// Reveal opens the secret with the tenant's key. open is given the path of the setting, which the sealed form is
// bound to. It fails for a secret that is not set.
func (s Secret) Reveal(open func(path string, sealed []byte) ([]byte, error)) (string, error) {
	if s.box == nil {
		return "", errNoSecret
	}
	plain, err := open(s.box.path, bytes.Clone(s.box.sealed))
	if err != nil {
		return "", fmt.Errorf("reveal %s: %w", s.box.path, err)
	}
	return string(plain), nil
}

// Equal reports whether two secrets are the same sealed value of the same setting. Two seals of one text differ.
func (s Secret) Equal(t Secret) bool {
	if s.box == nil || t.box == nil {
		return s.box == t.box
	}
	return s.box.path == t.box.path && bytes.Equal(s.box.sealed, t.box.sealed)
}

// String returns "set, hidden", or "" where there is none.
func (s Secret) String() string {
	if s.box == nil {
		return ""
	}
	return secretHidden
}

// GoString is String.
func (s Secret) GoString() string { return s.String() }

// Format prints String, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue logs String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON encodes String. What is stored is written by Encode and Apply.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// storedSecret is a secret inside a stored document: an object, so that no plain text is ever taken for a sealed one.
type storedSecret struct {
	Sealed string `json:"sealed"` // base64
}

func (s Secret) stored() storedSecret {
	return storedSecret{base64.StdEncoding.EncodeToString(s.box.sealed)}
}

// readSecret reads the stored form.
func readSecret(path string, raw []byte) (Secret, error) {
	var in storedSecret
	if err := json.Unmarshal(raw, &in); err != nil {
		return Secret{}, errors.New("holds no sealed value")
	}
	sealed, err := base64.StdEncoding.DecodeString(in.Sealed)
	if err != nil || len(sealed) == 0 {
		return Secret{}, errors.New("holds no sealed value")
	}
	return Secret{&secretBox{path, sealed}}, nil
}
