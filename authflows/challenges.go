package authflows

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/factors/emailcode"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/challenge"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/sealed"
	"github.com/tenantgate/tenantgate/internal/store"
)

// Purposes of challenges. An answer counts for the purpose it was asked for and no other.
const (
	purposeSignup = "signup"
	purposeSignIn = "sign_in"
	purposeReset  = "reset"
	purposeStepUp = "step_up"

	purposeEnrol      = "enrol"       // a factor that a sign-in needs
	purposeAddTOTP    = "add_totp"    // one that a user adds
	purposeAddPasskey = "add_passkey" // likewise
	purposeIdentifier = "identifier"  // a new address of a user
	purposeAddress    = "address"     // the address of a sign-up that was not proven first, or of one to come
	purposeProven     = "proven"      // a sign-up with an address that was proven before it
)

// maxLive is how many challenges may be open for one subject; older ones lapse.
const maxLive = 3

// attemptLifetime is how long a sign-in may wait for its next factor.
const attemptLifetime = 10 * time.Minute

// issue is what makes a challenge.
type issue struct {
	purpose string
	kind    Kind
	user    uuid.UUID
	session uuid.UUID
	subject string // whom it concerns, known or not
	factors []amr.Method
	proofs  []amr.Method
	payload any  // JSON; kept sealed until the answer
	alone   bool // it replaces the others of its subject

	publicKey json.RawMessage // shown with the challenge, where a passkey may answer

	// letter is the mail that carries the secret, if there is one. One without an address is a decoy: it costs the same
	// and reaches nobody.
	letter *letter
	link   bool // the letter carries a link beside the code
}

// mailed keeps challenges beyond abuse.mails apart from the others of their subject: asking for more than may be mailed must
// not void what was. Whether somebody reads the address does not matter: else what lapses would tell whether anybody does.
func (in *issue) mailed() string {
	if in.letter != nil && in.letter.beyond {
		return "unmailed"
	}
	return ""
}

// most is how many challenges of its subject may be open with it.
func (in *issue) most() int {
	if in.alone {
		return 1
	}
	return maxLive
}

// issue stores a challenge and leaves its mail to be sent.
func (f *Flows) issue(ctx context.Context, in issue) (*Challenge, error) {
	return store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (*Challenge, error) {
		return f.issueIn(ctx, tx, in)
	})
}

func (f *Flows) issueIn(ctx context.Context, tx *ent.Tx, in issue) (*Challenge, error) {
	now := f.now()
	id := ids.NewUnguessable()
	c := &Challenge{ID: id, Kind: in.kind, Factors: in.factors, ExpiresAt: now.Add(f.lifetime(in)), PublicKey: in.publicKey}
	in.alone = in.alone || f.byAddress(in)
	subject := f.subjectOf(in)
	if err := f.lapse(ctx, tx, subject, in.most(), now); err != nil {
		return nil, err
	}
	create := tx.Challenge.Create().SetID(id).
		SetPurpose(in.purpose).SetSubject(subject).
		SetFactors(amr.Texts(in.factors)).SetProofs(amr.Texts(in.proofs)).
		SetTriesLeft(f.tenant.Settings.Codes.Tries).
		SetCreatedAt(now).SetExpiresAt(c.ExpiresAt)
	if in.user != uuid.Nil {
		create.SetUserID(in.user)
	}
	if in.session != uuid.Nil {
		create.SetSessionID(in.session)
	}
	if in.payload != nil {
		box, err := f.seal(id, in.payload)
		if err != nil {
			return nil, err
		}
		create.SetSealed(box)
	}
	if in.letter != nil {
		if err := f.addSecret(create, id, in); err != nil {
			return nil, err
		}
		if err := f.post(ctx, tx, *in.letter, c.ExpiresAt); err != nil {
			return nil, err
		}
	}
	if err := create.Exec(ctx); err != nil {
		return nil, fmt.Errorf("issue challenge: %w", err)
	}
	return c, nil
}

// byAddress reports whether the address that a challenge is mailed to stands for its id.
func (f *Flows) byAddress(in issue) bool {
	return !f.isNative() && in.letter != nil && !f.client.Mails[Purpose(in.purpose)].Token
}

// subjectOf returns what challenges of one subject have in common. Those that an address stands for are of one client alone:
// with another, only who holds the id may answer.
func (f *Flows) subjectOf(in issue) []byte {
	scope := in.purpose + " " + string(in.kind)
	// And a mailed token is its mailer's: asking one wire again voids what no other has mailed.
	if f.byAddress(in) || in.letter != nil && f.client.Mails[Purpose(in.purpose)].Token {
		scope += " " + f.client.mailer()
	}
	return emailcode.Digest(f.key("subject"), scope, in.mailed(), in.subject)[:16]
}

// addSecret draws the code, and the link's own secret, and writes them into the letter.
func (f *Flows) addSecret(create *ent.ChallengeCreate, id uuid.UUID, in issue) error {
	if f.client.Mails[Purpose(in.purpose)].Token {
		f.addToken(create, id, in)
		return nil
	}
	code, err := emailcode.New(f.tenant.Settings.Codes.Digits)
	if err != nil {
		return err
	}
	if in.letter.To == "" || !in.letter.carriesCode() {
		// Nobody will read the code, so none answers: else each mail beyond abuse.mails would buy further guesses.
		code = emailcode.NewSecret()
	}
	create.SetCodeDigest(f.digest(in.purpose, id, code))
	if in.letter.carriesCode() {
		in.letter.Code, in.letter.Lifetime = code, f.lifetime(in)
	}
	if in.link {
		secret := emailcode.NewSecret()
		create.SetLinkDigest(f.digest(f.linkOf(in.purpose), id, secret))
		in.letter.Link = f.linkURL(id, secret)
	}
	return nil
}

func (f *Flows) lifetime(in issue) time.Duration {
	switch mailing := f.client.Mails[Purpose(in.purpose)]; {
	case in.letter != nil && mailing.Lifetime > 0:
		return mailing.Lifetime
	case in.letter != nil:
		return f.tenant.Settings.Codes.Lifetime.Std()
	case f.client.Attempt > 0 && (in.purpose == purposeSignIn || in.purpose == purposeEnrol):
		return f.client.Attempt
	default:
		return attemptLifetime
	}
}

func (f *Flows) digest(purpose string, id uuid.UUID, secret string) []byte {
	return emailcode.Digest(f.key("challenge"), purpose, id.String(), secret)
}

// linkOf is what the secret of a mailed link or token is good for. A token is of those alone that mailed it.
func (f *Flows) linkOf(purpose string) string {
	if f.client.Mails[Purpose(purpose)].Token {
		return purpose + " token " + f.client.mailer()
	}
	return purpose + " link"
}

func challengePlace(id uuid.UUID) sealed.Place {
	return sealed.Place{Table: "challenges", Column: "sealed", Row: id.String()}
}

// lapse voids the oldest open challenges of a subject, so that with the new one there are most.
func (f *Flows) lapse(ctx context.Context, tx *ent.Tx, subject []byte, most int, now time.Time) error {
	older, err := tx.Challenge.Query().
		Where(challenge.Subject(subject), challenge.UsedAtIsNil(), challenge.ExpiresAtGT(now)).
		Order(ent.Desc(challenge.FieldCreatedAt)).
		Offset(most - 1).
		IDs(ctx)
	if err != nil {
		return fmt.Errorf("find older challenges: %w", err)
	}
	// In the order of their ids, one by one: of two requests that void the same ones, neither may hold what the other waits for.
	// There is seldom more than one.
	slices.SortFunc(older, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	for _, id := range older {
		err := tx.Challenge.Update().Where(challenge.ID(id), challenge.UsedAtIsNil()).SetUsedAt(now).Exec(ctx)
		if err != nil {
			return fmt.Errorf("void older challenges: %w", err)
		}
	}
	return nil
}

// try counts a try against an open challenge and returns it. The count commits by itself before the answer is looked at,
// so that no number of parallel requests gets more than its limit evaluated. Spent, expired and unknown challenges are
// the fault challenge_expired.
func (f *Flows) try(ctx context.Context, id uuid.UUID) (*ent.Challenge, error) {
	n, err := f.DB.Challenge.Update().
		Where(challenge.ID(id), challenge.UsedAtIsNil(), challenge.TriesLeftGT(0), challenge.ExpiresAtGT(f.now())).
		AddTriesLeft(-1).
		Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("count try: %w", err)
	}
	if n == 0 {
		return nil, fault.New(fault.ChallengeExpired)
	}
	row, err := f.DB.Challenge.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.ChallengeExpired)
	}
	if err != nil {
		return nil, fmt.Errorf("read challenge: %w", err)
	}
	return row, nil
}

// peek returns an open challenge without counting a try, for what must be known before the answer can be read. One that is
// found too late is used up by that: a clock that goes back does not open it again.
func (f *Flows) peek(ctx context.Context, id uuid.UUID) (*ent.Challenge, error) {
	row, err := f.DB.Challenge.Query().
		Where(challenge.ID(id), challenge.UsedAtIsNil(), challenge.TriesLeftGT(0)).
		Only(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.ChallengeExpired)
	}
	if err != nil {
		return nil, fmt.Errorf("read challenge: %w", err)
	}
	if row.ExpiresAt.After(f.now()) {
		return row, nil
	}
	err = f.DB.Challenge.Update().Where(challenge.ID(id), challenge.UsedAtIsNil()).SetUsedAt(f.now()).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("use up late challenge: %w", err)
	}
	return nil, fault.New(fault.ChallengeExpired)
}

// use marks a challenge as answered. Of any number of right answers, one finds it open.
func (f *Flows) use(ctx context.Context, tx *ent.Tx, id uuid.UUID) error {
	n, err := tx.Challenge.Update().
		Where(challenge.ID(id), challenge.UsedAtIsNil(), challenge.ExpiresAtGT(f.now())).
		SetUsedAt(f.now()).
		Save(ctx)
	if err != nil {
		return fmt.Errorf("use challenge: %w", err)
	}
	if n == 0 {
		return fault.New(fault.ChallengeExpired)
	}
	return nil
}

// useOf is use for an answer that changes the user of the challenge. It holds the user first, as whatever voids all of its
// challenges does: else the two would wait for each other.
func (f *Flows) useOf(ctx context.Context, tx *ent.Tx, user, id uuid.UUID) error {
	err := accounts.Hold(ctx, tx, user, f.now())
	if err != nil && fault.CodeOf(err) == fault.NotFound {
		return fault.New(fault.ChallengeExpired) // it went with its user
	}
	if err != nil {
		return err
	}
	return f.use(ctx, tx, id)
}

// voidAll voids every open challenge of a user: what was asked before its password changed counts no more.
func (f *Flows) voidAll(ctx context.Context, tx *ent.Tx, user uuid.UUID) error {
	err := tx.Challenge.Update().
		Where(challenge.UserID(user), challenge.UsedAtIsNil()).
		SetUsedAt(f.now()).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("void challenges: %w", err)
	}
	return nil
}

// seal writes the payload of a challenge.
func (f *Flows) seal(id uuid.UUID, payload any) ([]byte, error) {
	plain, err := json.Marshal(payload)
	if err != nil {
		return nil, fmt.Errorf("write payload of challenge: %w", err)
	}
	return f.tenant.Keys.Seal(challengePlace(id), plain)
}

// unseal reads the payload of a challenge.
func (f *Flows) unseal(row *ent.Challenge, into any) error {
	if !hasPayload(row) {
		return fault.New(fault.ChallengeExpired)
	}
	plain, err := f.tenant.Keys.Open(challengePlace(row.ID), *row.Sealed)
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, into)
}

// hasPayload reports whether a challenge keeps input. Ent reads a missing one as no bytes.
func hasPayload(row *ent.Challenge) bool { return row.Sealed != nil && len(*row.Sealed) > 0 }

func offers(row *ent.Challenge, m amr.Method) bool { return slices.Contains(row.Factors, string(m)) }

func methods(texts []string) []amr.Method {
	out := make([]amr.Method, 0, len(texts))
	for _, t := range texts {
		out = append(out, amr.Method(t))
	}
	return out
}
