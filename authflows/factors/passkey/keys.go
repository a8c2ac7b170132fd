package passkey

import (
	"crypto/rsa"
	"crypto/x509"
	"math/big"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

// Bounds of RSA keys in bits. A key as long as a response may be would take a second for each signature.
const (
	minRSABits = 2048
	maxRSABits = 4096
)

// Bounds of a statement of attestation. Chains of real authenticators have up to five certificates.
const (
	maxCertificates  = 10
	maxSubStatements = 4
)

// algorithm is one that passkeys may have, with the only type of key that goes with it.
type algorithm struct {
	id  webauthncose.COSEAlgorithmIdentifier
	key webauthncose.COSEKeyType
}

// algorithms are in the order of preference.
var algorithms = []algorithm{
	{webauthncose.AlgES256, webauthncose.EllipticKey},
	{webauthncose.AlgEdDSA, webauthncose.OctetKey},
	{webauthncose.AlgRS256, webauthncose.RSAKey},
}

// offered returns the algorithms as options name them.
func offered() []protocol.CredentialParameter {
	list := make([]protocol.CredentialParameter, len(algorithms))
	for i, a := range algorithms {
		list[i] = protocol.CredentialParameter{Type: protocol.PublicKeyCredentialType, Algorithm: a.id}
	}
	return list
}

// checkKey checks the COSE_Key of a new passkey. The library looks only at its algorithm where nothing is attested.
func checkKey(cose []byte) error {
	var head webauthncose.PublicKeyData
	if err := webauthncbor.Unmarshal(cose, &head); err != nil || head.KeyType == 0 || head.Algorithm == 0 {
		return malformed("no public key")
	}
	for _, a := range algorithms {
		if int64(a.id) != head.Algorithm {
			continue
		}
		key, err := webauthncose.ParsePublicKey(cose)
		if err != nil || int64(a.key) != head.KeyType {
			return malformed("no public key of its algorithm")
		}
		if key, ok := key.(webauthncose.RSAPublicKeyData); ok && !usable(new(big.Int).SetBytes(key.Modulus)) {
			return refuse("size of the public key")
		}
		return nil
	}
	return refuse("algorithm that was not offered")
}

// checkStatement bounds the work of verifying a statement of attestation. SafetyNet is left out altogether: it is
// switched off, and its answers are tokens with chains of their own.
func checkStatement(made protocol.AttestationObject) error {
	if len(made.SubStatements) > maxSubStatements {
		return refuse("size of the attestation")
	}
	statements := append([]protocol.NonCompoundAttestationObject{
		{Format: made.Format, AttStatement: made.AttStatement},
	}, made.SubStatements...)
	certificates := 0
	for _, s := range statements {
		if s.Format == string(protocol.AttestationFormatAndroidSafetyNet) {
			return refuse("format of the attestation")
		}
		chain, _ := s.AttStatement["x5c"].([]any)
		if certificates += len(chain); certificates > maxCertificates {
			return refuse("size of the attestation")
		}
		for _, der := range chain {
			if !bounded(der) {
				return refuse("size of a key of the attestation")
			}
		}
	}
	return nil
}

// bounded reports whether signatures of a certificate take a bounded time. What is no certificate has none.
func bounded(der any) bool {
	raw, _ := der.([]byte)
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		return true
	}
	key, ok := certificate.PublicKey.(*rsa.PublicKey)
	return !ok || usable(key.N)
}

func usable(modulus *big.Int) bool {
	bits := modulus.BitLen()
	return bits >= minRSABits && bits <= maxRSABits
}
