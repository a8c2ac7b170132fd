package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tenantgate/tenantgate/authflows/credentials"
	"github.com/tenantgate/tenantgate/authflows/factors/emailcode"
	"github.com/tenantgate/tenantgate/authflows/factors/totp"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/sealed"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const (
	factorSlug = "factors" // whose users have passkeys or authenticator apps
	mailedSlug = "mailed"  // the one that can mail: elsewhere notices of new devices would be in the figures
)

// seedFactors makes what sign-ins by passkeys and codes need. An authenticator app counts once in 30 s and a challenge once,
// so there is one of each for every answer.
func (s *seeder) seedFactors(ctx context.Context, out *population, p plan) error {
	if p.answers == 0 {
		return nil
	}
	t, err := s.create(ctx, factorSlug, unlimited...)
	if err != nil {
		return err
	}
	users := people(t, p.active+p.answers)
	for i := range users {
		if i >= p.active {
			users[i].secret = totp.NewSecret()
		} else if users[i].passkey, err = newAuthenticator(); err != nil {
			return err
		}
	}
	if err := s.users(ctx, t, users); err != nil {
		return err
	}
	out.holders = users[:p.active]
	if out.stepped, err = s.challenges(ctx, users[p.active:], p.answers, s.stepOf); err != nil {
		return err
	}
	if out.coded, err = s.challenges(ctx, out.users, p.answers, s.codeOf); err != nil {
		return err
	}
	out.mailed, err = s.tenant(ctx, mailedSlug, p.active, append([]string{
		"mail.smtp_url=" + p.mailServer, "mail.from=bench@example.com", "abuse.mails=0",
	}, unlimited...)...)
	return err
}

// addFactor stores what a user holds, as its enrolment leaves it.
func (s *seeder) addFactor(ctx context.Context, tx *ent.Tx, u user) error {
	id := ids.New()
	if u.passkey != nil {
		cose, err := u.passkey.cose()
		if err != nil {
			return err
		}
		return credentials.AddPasskey(ctx, tx, &credentials.Passkey{
			ID: id, UserID: u.id, Name: "Passkey", CredentialID: u.passkey.id, PublicKey: cose, UserVerified: true,
			Transports: []string{"internal"}, AAGUID: make([]byte, 16), Attestation: "none", CreatedAt: s.now,
		})
	}
	if u.secret == nil {
		return nil
	}
	box, err := u.tenant.Keys.Seal(credentials.TOTPPlace(id), u.secret)
	if err != nil {
		return err
	}
	return credentials.AddTOTP(ctx, tx, &credentials.TOTP{ID: id, UserID: u.id, Name: "App", Secret: box, CreatedAt: s.now})
}

// stepOf is a sign-in whose password was right and that waits for the app.
func (s *seeder) stepOf(create *ent.ChallengeCreate, u user, p *pending) error {
	create.SetFactors(amr.Texts([]amr.Method{amr.TOTP})).SetProofs(amr.Texts([]amr.Method{amr.Password}))
	p.factor, p.code = string(amr.TOTP), func() (string, error) { return hotpCode(totp.Text(u.secret), time.Now()) }
	return nil
}

// codeOf is a sign-in whose code is in the mailbox. What is stored of it is as authflows writes it: were it not, the answers
// would be refused and the run would end.
func (s *seeder) codeOf(create *ent.ChallengeCreate, u user, p *pending) error {
	code, err := emailcode.New(emailcode.MinDigits)
	if err != nil {
		return err
	}
	id, _ := create.Mutation().ID()
	key, _ := u.tenant.Keys.MACKey(u.tenant.Keys.Current(), "challenge")
	payload, err := json.Marshal(map[string]string{"identifier": u.email, "to": u.email})
	if err != nil {
		return err
	}
	box, err := u.tenant.Keys.Seal(sealed.Place{Table: "challenges", Column: "sealed", Row: id.String()}, payload)
	if err != nil {
		return err
	}
	create.SetFactors(amr.Texts([]amr.Method{amr.EmailCode})).SetSealed(box).
		SetCodeDigest(emailcode.Digest(key, signIn, id.String(), code))
	p.factor, p.code = string(amr.EmailCode), func() (string, error) { return code, nil }
	return nil
}

// signIn is the purpose of the challenges.
const signIn = "sign_in"

// challenges makes n challenges for the users of one tenant in turn. They outlive the run.
func (s *seeder) challenges(
	ctx context.Context, users []user, n int, of func(*ent.ChallengeCreate, user, *pending) error,
) ([]*pending, error) {
	const lifetime = 24 * time.Hour
	const tries = 5
	var rows []*ent.ChallengeCreate
	var out []*pending
	for i := range n {
		u, id, subject := users[i%len(users)], ids.NewUnguessable(), make([]byte, 16)
		_, _ = rand.Read(subject) // never fails
		p := &pending{slug: u.slug, id: ids.Format(ids.Challenge, id)}
		create := s.db.Challenge.Create().SetID(id).SetPurpose(signIn).SetUserID(u.id).SetSubject(subject).
			SetTriesLeft(tries).SetCreatedAt(s.now).SetExpiresAt(s.now.Add(lifetime))
		if err := of(create, u, p); err != nil {
			return nil, fmt.Errorf("seed challenges: %w", err)
		}
		rows, out = append(rows, create), append(out, p)
	}
	ctx = tenancy.With(ctx, users[0].tenant.ID)
	for first := 0; first < n; first += batch {
		if err := s.db.Challenge.CreateBulk(rows[first:min(first+batch, n)]...).Exec(ctx); err != nil {
			return nil, fmt.Errorf("seed challenges: %w", err)
		}
	}
	return out, nil
}
