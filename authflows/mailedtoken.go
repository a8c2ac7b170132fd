package authflows

import (
	"strings"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/factors/emailcode"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/ids"
)

// idLength is the number of characters of a challenge's id in a mailed token, without its prefix.
const idLength = 26

// halves returns the two parts of a mailed token: which challenge, and the secret that answers it.
func halves(id uuid.UUID, secret string) (first, second string) {
	return strings.TrimPrefix(ids.Format(ids.Challenge, id), ids.Challenge+"_"), secret
}

// ReadMailed takes a mailed token apart, as Answer wants it. It reports false for what is none.
func ReadMailed(token string) (challenge uuid.UUID, secret string, ok bool) {
	if len(token) <= idLength {
		return uuid.Nil, "", false
	}
	return ReadHalves(token[:idLength], token[idLength:])
}

// ReadHalves is ReadMailed for a token whose halves were mailed apart.
func ReadHalves(id, secret string) (challenge uuid.UUID, _ string, ok bool) {
	challenge, ok = ids.Parse(ids.Challenge, ids.Challenge+"_"+id)
	return challenge, secret, ok && secret != ""
}

// addToken draws the secret of a mailed token, and writes the token into the letter.
func (f *Flows) addToken(create *ent.ChallengeCreate, id uuid.UUID, in issue) {
	mailing := f.client.Mails[Purpose(in.purpose)]
	secret := emailcode.NewSecret()
	create.SetLinkDigest(f.digest(f.linkOf(in.purpose), id, secret))
	if !in.letter.carriesCode() {
		return
	}
	first, second := halves(id, secret)
	in.letter.Code, in.letter.Lifetime = first+second, f.lifetime(in)
	if mailing.Apart {
		in.letter.Half, in.letter.Code = first, second
	}
	if f.client.Site != "" && mailing.Page != "" {
		page := strings.NewReplacer("{token}", first+second, "{id}", first, "{secret}", second).Replace(mailing.Page)
		in.letter.Link = strings.TrimSuffix(f.client.Site, "/") + "/" + page
	}
}
