package passkey

import (
	"crypto/hmac"
	"crypto/sha512"
)

// decoyShapes are what passkeys in the wild look like, the frequent ones more than once.
var decoyShapes = [8]struct {
	idLen      int
	transports []string
}{
	{20, []string{"hybrid", "internal"}}, // iCloud Keychain
	{20, []string{"hybrid", "internal"}},
	{20, []string{"hybrid", "internal"}},
	{16, []string{"hybrid", "internal"}}, // Google Password Manager
	{16, []string{"hybrid", "internal"}},
	{32, []string{"internal"}}, // Windows Hello
	{32, []string{"internal"}},
	{48, []string{"nfc", "usb"}}, // security keys
}

// Decoy returns what Ask is to allow for an identifier that nobody has, or whose owner has no passkey, so that its
// options do not tell. The same identifier, in its normal form, has always the same. The key is at least 32 random
// bytes that never leave the server: with it decoys can be told from passkeys. Only ids and transports are made up;
// no response answers for them.
func Decoy(key []byte, identifier string) []Credential {
	id := decoyBytes(key, "id", identifier)
	shape := decoyShapes[decoyBytes(key, "shape", identifier)[0]%byte(len(decoyShapes))]
	return []Credential{{ID: id[:shape.idLen], Transports: append([]string(nil), shape.transports...)}}
}

// decoyBytes returns 64 bytes for one purpose, which is a constant and holds no NUL.
func decoyBytes(key []byte, purpose, identifier string) []byte {
	mac := hmac.New(sha512.New, key)
	mac.Write([]byte("passkey decoy " + purpose + "\x00" + identifier))
	return mac.Sum(nil)
}
