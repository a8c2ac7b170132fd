package authflows_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/credentials"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/event"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/store"
)

// squatterPC is where the attacker works.
var squatterPC = authflows.Device{Address: netip.MustParseAddr("198.51.100.66"), UserAgent: "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0"}

const squatterPassword = "gravel meadow under a tin roof"

// squatter is who signed up with somebody else's address, and all that it attached to the account before the owner came.
type squatter struct {
	user     *authflows.User
	sessions []*authflows.SignedIn
	totp     string // the secret, as typed into an app
	recovery []string
	device   string // the token of a trusted device
	names    []string
	pending  []authflows.Answer // right answers, but for the owner's coming
}

// squatterCode is what an authenticator app shows.
func squatterCode(secret string, at time.Time) string {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		panic(err)
	}
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := mac.Sum(nil)
	at4 := sum[sum[19]&15:]
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(at4[:4])&0x7fffffff%1_000_000)
}

// squatterLogin signs the attacker in up to its second factor.
func squatterLogin(t *testing.T, env *flowtest.Env, email string) *authflows.Challenge {
	t.Helper()
	step, err := env.Flows(t, acme).Login(t.Context(), authflows.LoginInput{Identifier: email, Password: squatterPassword, Device: squatterPC})
	mustDo(t, err)
	return step.Challenge
}

// squat signs up with an address that is never proven and attaches whatever can be attached.
func squat(t *testing.T, env *flowtest.Env, email, name, tel string) *squatter {
	t.Helper()
	s := &squatter{names: []string{name, tel, name + "@x.test"}}
	first := signUpUnproven(t, env, authflows.SignupInput{Email: email, Password: squatterPassword, Device: squatterPC})
	s.user, s.sessions = first.User, []*authflows.SignedIn{first}
	env.Set(t, acme, "mfa.trust_device_days=30")
	flows := env.Flows(t, acme)
	c := caller(t, env, acme, first)
	addOf(t, env, acme, c, "username", name)
	addOf(t, env, acme, c, "phone", tel)
	addProven(t, env, acme, c, name+"@x.test")
	begun := must[*authflows.Enrolment](t)(flows.BeginTOTP(t.Context(), c, ""))
	s.totp = begun.Secret
	_, recovery, err := flows.ActivateTOTP(t.Context(), c, begun.Challenge, squatterCode(s.totp, env.Clock.Now()), squatterPC)
	mustDo(t, err)
	s.recovery = recovery
	env.Clock.Advance(30 * time.Second)
	challenge := squatterLogin(t, env, email)
	second := must[*authflows.Step](t)(flows.Answer(t.Context(), authflows.Answer{
		Challenge: challenge.ID, Factor: amr.TOTP, Code: squatterCode(s.totp, env.Clock.Now()), TrustDevice: true, Device: squatterPC,
	})).SignedIn
	s.sessions, s.device = append(s.sessions, second), second.DeviceToken
	attachPasskey(t, env, s.user.ID)

	// What waits for its answer.
	c = caller(t, env, acme, second)
	s.pending = append(s.pending,
		authflows.Answer{Challenge: squatterLogin(t, env, email).ID, Factor: amr.RecoveryCode, Code: recovery[0]},
		authflows.Answer{Challenge: squatterLogin(t, env, email).ID, Factor: amr.TOTP, Code: squatterCode(s.totp, env.Clock.Now().Add(30*time.Second))},
		authflows.Answer{Challenge: stepUp(t, env, acme, c).ID, Factor: amr.Password, Password: squatterPassword},
	)
	asked := addOf(t, env, acme, c, "email", name+"2@x.test").Challenge
	s.pending = append(s.pending, authflows.Answer{Challenge: asked.ID, Code: env.Code(t, acme, name+"2@x.test")})
	return s
}

// attachPasskey gives a user a passkey, as its row.
func attachPasskey(t *testing.T, env *flowtest.Env, of uuid.UUID) {
	t.Helper()
	_, err := store.InTx(within(t, env, acme), env.DB.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		var none struct{}
		id := ids.New()
		err := credentials.AddPasskey(ctx, tx, &credentials.Passkey{
			ID: id, UserID: of, Name: "Passkey", CredentialID: id[:], PublicKey: []byte{1}, Transports: []string{},
			AAGUID: make([]byte, 16), Attestation: "none", CreatedAt: env.Clock.Now(),
		})
		if err != nil {
			return none, err
		}
		return none, accounts.SetFactors(ctx, tx, of, []amr.Method{amr.TOTP, amr.Passkey, amr.RecoveryCode})
	})
	mustDo(t, err)
}

// claimByCode lets the owner of an address sign in by a mailed code.
func claimByCode(t *testing.T, env *flowtest.Env, email string) *authflows.Step {
	t.Helper()
	challenge := must[*authflows.Step](t)(env.Flows(t, acme).LoginCode(t.Context(), email, laptop)).Challenge
	return must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: challenge.ID, Code: env.Code(t, acme, email)}))
}

// claimByReset lets the owner of an address choose a password, and sign in with it.
func claimByReset(t *testing.T, env *flowtest.Env, email string) *authflows.Step {
	t.Helper()
	challenge := requestReset(t, env, acme, email)
	mustDo(t, answerReset(t, env, acme, challenge.ID, env.Code(t, acme, email)))
	return must[*authflows.Step](t)(login(t, env, acme, email, otherPassword))
}

// LNK-02 and LNK-03, by both ways to prove an address late. WAN-10 and OTC-06 hold for what waited.
func TestLNK02AndLNK03AClaimLeavesNothingOfBefore(t *testing.T) {
	t.Parallel()
	for way, claim := range map[string]func(*testing.T, *flowtest.Env, string) *authflows.Step{"code": claimByCode, "reset": claimByReset} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
				attacker := squat(t, env, ann, "squatter", "+4915112345678")
				step := claim(t, env, ann)
				if step.SignedIn == nil {
					t.Fatalf("the owner is asked for what is the attacker's: %+v", step.Challenge)
				}
				wantNothingOf(t, env, attacker)
				want := map[string]any{"factors_removed": 12.0, "identifiers_removed": 3.0, "sessions_ended": 2.0}
				row := must[*ent.Event](t)(env.DB.Event.Query().Where(event.Type(string(events.UserClaimed))).Only(within(t, env, acme)))
				if diff := cmp.Diff(want, object(t, row.Data)); diff != "" || row.UserID == nil || *row.UserID != attacker.user.ID {
					t.Errorf("the audit says %s of %v", diff, row.UserID)
				}
				if n := noticesMailed(t, env, acme, ann, mail.AccountClaimed); n != 1 {
					t.Errorf("%d mails, want 1", n)
				}
				wantOwnersUse(t, env, step.SignedIn)
			})
		})
	}
}

// wantNothingOf fails unless all that an attacker had is worthless.
func wantNothingOf(t *testing.T, env *flowtest.Env, attacker *squatter) {
	t.Helper()
	flows := env.Flows(t, acme)
	for i, s := range attacker.sessions {
		if _, err := flows.Bearer(t.Context(), s.AccessToken); fault.CodeOf(err) != fault.InvalidToken || err == nil {
			t.Errorf("session %d lives: %v", i, err)
		}
		if _, err := flows.Refresh(t.Context(), s.RefreshToken); err == nil {
			t.Errorf("session %d is refreshed", i)
		}
	}
	for _, in := range attacker.pending {
		in.Device = squatterPC
		in.Device.Token = attacker.device
		if _, err := flows.Answer(t.Context(), in); fault.CodeOf(err) != fault.ChallengeExpired || err == nil {
			t.Errorf("what waited for %s: %v", in.Factor, err)
		}
	}
	ctx := within(t, env, acme)
	for name, count := range map[string]func(context.Context) (int, error){
		"passkeys": env.DB.Passkey.Query().Count, "authenticator apps": env.DB.TOTPDevice.Query().Count,
		"recovery codes": env.DB.RecoveryCode.Query().Count, "trusted devices": env.DB.TrustedDevice.Query().Count,
	} {
		if n := must[int](t)(count(ctx)); n != 0 {
			t.Errorf("%d %s stay", n, name)
		}
	}
	user := must[*authflows.User](t)(accounts.Get(ctx, env.DB.User, attacker.user.ID))
	if len(user.Factors) != 0 || user.Username != "" || user.Phone != "" || !user.EmailVerified || user.DeviceVersion == attacker.user.DeviceVersion {
		t.Errorf("the user is %+v", user)
	}
	for _, by := range append(attacker.names, user.Email) {
		device := squatterPC
		device.Token = attacker.device
		_, err := flows.Login(t.Context(), authflows.LoginInput{Identifier: by, Password: squatterPassword, Device: device})
		wantFault(t, err, fault.InvalidCredentials)
	}
	refused := must[[]*ent.Event](t)(env.DB.Event.Query().Where(event.Type(string(events.SignInRefused))).All(ctx))
	for _, e := range refused {
		if object(t, e.Data)["known_device"] != false {
			t.Error("the attacker's device counts as the owner's")
		}
	}
}

// wantOwnersUse fails unless the owner of a claimed account goes on as anybody.
func wantOwnersUse(t *testing.T, env *flowtest.Env, s *authflows.SignedIn) {
	t.Helper()
	c := caller(t, env, acme, s)
	if diff := cmp.Diff([]string{"email ann@ex.test primary verified"}, identifiersOf(t, env, acme, c)); diff != "" {
		t.Error(diff)
	}
	must[*authflows.Step](t)(refresh(t, env, acme, s.RefreshToken))
	reset := requestReset(t, env, acme, ann)
	mustDo(t, answerReset(t, env, acme, reset.ID, env.Code(t, acme, ann)))
	again := must[*authflows.Step](t)(login(t, env, acme, ann, otherPassword)).SignedIn
	if again == nil || again.User.ID != s.User.ID || again.DeviceToken == "" {
		t.Fatalf("got %+v", again)
	}
	addOf(t, env, acme, caller(t, env, acme, again), "username", "squatter")
	if n := facts(t, env, acme, events.UserClaimed); n != 1 {
		t.Errorf("%d claims, want 1", n)
	}
}

func TestAProvenAccountIsNotStripped(t *testing.T) {
	t.Parallel()
	for way, claim := range map[string]func(*testing.T, *flowtest.Env, string) *authflows.Step{"code": claimByCode, "reset": claimByReset} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			env := flowtest.New(t)
			first := env.SignUp(t, acme, ann)
			c := caller(t, env, acme, first)
			addOf(t, env, acme, c, "username", "ann")
			begun := must[*authflows.Enrolment](t)(env.Flows(t, acme).BeginTOTP(t.Context(), c, ""))
			_, _, err := env.Flows(t, acme).ActivateTOTP(t.Context(), c, begun.Challenge, squatterCode(begun.Secret, env.Clock.Now()), laptop)
			mustDo(t, err)
			if step := claim(t, env, ann); step.SignedIn != nil || step.Challenge.Kind != authflows.KindMFA {
				t.Errorf("the second factor is not asked for: %+v", step)
			}
			ctx := within(t, env, acme)
			if must[int](t)(env.DB.TOTPDevice.Query().Count(ctx)) != 1 || must[int](t)(env.DB.RecoveryCode.Query().Count(ctx)) != 10 ||
				must[int](t)(env.DB.Identifier.Query().Count(ctx)) != 2 {
				t.Error("something is gone")
			}
			if facts(t, env, acme, events.UserClaimed) != 0 || noticesMailed(t, env, acme, ann, mail.AccountClaimed) != 0 {
				t.Error("it counts as claimed")
			}
			if way == "code" {
				caller(t, env, acme, first)
			}
		})
	}
}
