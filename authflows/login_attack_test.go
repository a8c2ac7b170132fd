package authflows_test

import (
	"context"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/crypto/bcrypt"

	"github.com/tenantgate/tenantgate/authflows"
	passwords "github.com/tenantgate/tenantgate/authflows/factors/password"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent/identifier"
	"github.com/tenantgate/tenantgate/ent/passwordcredential"
	"github.com/tenantgate/tenantgate/ent/user"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// setHash gives a user another stored hash, as an import does.
func setHash(t testing.TB, env *flowtest.Env, of uuid.UUID, hash string) {
	t.Helper()
	mustDo(t, env.DB.PasswordCredential.Update().Where(passwordcredential.UserID(of)).SetHash(hash).Exec(within(t, env, acme)))
}

func TestPWD01OneByteBeyondBcryptsLimitIsAnotherPassword(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	long := strings.Repeat("abcdefgh ", 8) // 72 bytes
	imported := env.SignUp(t, acme, ann).User.ID
	setHash(t, env, imported, string(must[[]byte](t)(bcrypt.GenerateFromPassword([]byte(long), bcrypt.MinCost))))
	setHash(t, env, env.SignUp(t, acme, bob).User.ID, must[string](t)(env.Hasher.Hash(t.Context(), long)))
	for _, who := range []string{bob, ann} {
		_, err := login(t, env, acme, who, long+"x")
		wantFault(t, err, fault.InvalidCredentials)
		must[*authflows.Step](t)(login(t, env, acme, who, long))
	}
}

func TestPWD02ANulEndsNoPassword(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	_, err := env.Flows(t, acme).Signup(t.Context(), authflows.SignupInput{Email: ann, Password: "abcdefgh\x00ijklmnop"})
	wantFault(t, err, fault.InvalidInput)
	_, err = login(t, env, acme, ann, "abcdefgh")
	wantFault(t, err, fault.InvalidCredentials)
}

func TestPWD03OneNormalFormCaseAndBlanksAsTyped(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	composed := "Caf\u00e9 🫖 " + strings.Repeat("lantern quartz ", 3) + "end Zürich"
	setHash(t, env, env.SignUp(t, acme, ann).User.ID, must[string](t)(env.Hasher.Hash(t.Context(), composed+" ")))
	for text, ok := range map[string]bool{
		strings.ReplaceAll(composed, "\u00e9", "e\u0301") + " ": true,
		composed:                        false,
		strings.ToLower(composed) + " ": false,
	} {
		if _, err := login(t, env, acme, ann, text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestPWD04AHugePasswordIsRefusedBeforeItIsHashed(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t, flowtest.Hashing(passwords.Options{
		Parallel: 1, QueueLen: -1, Params: passwords.Params{MemoryKiB: 8 << 10, Time: 4, Parallelism: 1},
	}))
	// The only slot is taken as good as always, and nobody may wait: whoever came to hash would be busy.
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for ctx.Err() == nil {
			_, _ = env.Hasher.Hash(ctx, "occupied")
		}
	}()
	defer func() { cancel(); <-stopped }()
	huge := strings.Repeat("a", 1<<20)
	flows := env.Flows(t, acme)
	for range 5 {
		_, err := flows.Signup(t.Context(), authflows.SignupInput{Email: ann, Password: huge})
		wantFault(t, err, fault.InvalidInput)
		_, err = flows.Login(t.Context(), authflows.LoginInput{Identifier: ann, Password: huge})
		wantFault(t, err, fault.InvalidInput)
	}
}

// TestPWD06 compares answers and statements; make bench and make soak measure the time.
func TestPWD06NoRefusalTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "signup.verify_email=off")
		in := authflows.SignupInput{Email: "unverified@ex.test", Password: password}
		must[*authflows.Step](t)(env.Flows(t, acme).Signup(t.Context(), in))
		env.Set(t, acme, "signup.verify_email=before_session")
		env.SignUp(t, acme, ann)
		suspended, passwordless := env.SignUp(t, acme, bob).User.ID, env.SignUp(t, acme, "eve@ex.test").User.ID
		ctx := within(t, env, acme)
		mustDo(t, env.DB.User.Update().Where(user.ID(suspended)).SetStatus(user.StatusSuspended).Exec(ctx))
		must[int](t)(env.DB.PasswordCredential.Delete().Where(passwordcredential.UserID(passwordless)).Exec(ctx))
		flows := env.Flows(t, acme)
		counts := map[int][]string{}
		for who, text := range map[string]string{
			ann: wrongPassword, bob: password, "eve@ex.test": password, "nobody@ex.test": password,
			"unverified@ex.test": wrongPassword, "no identifier!": password,
		} {
			try := func() {
				_, err := flows.Login(t.Context(), authflows.LoginInput{Identifier: who, Password: text, Device: laptop})
				wantFault(t, err, fault.InvalidCredentials)
			}
			try() // from the second attempt in a window on: the first one of a stranger makes the row it is counted in
			n := len(env.Statements(try))
			counts[n] = append(counts[n], who)
		}
		if len(counts) != 1 {
			t.Errorf("statements differ: %v", counts)
		}
	})
}

func TestPWD09AndPWD10OneFormOfAnAddressIsOneAccount(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "abuse.mails=0")
	id := env.SignUp(t, acme, "alice@exämple.test").User.ID
	for _, same := range []string{"ALICE@EXÄMPLE.TEST", " alice@exämple.test\t", "alice@xn--exmple-cua.test", "Alice@exa\u0308mple.test"} {
		if got := signIn(t, env, acme, same); got.User.ID != id {
			t.Errorf("%q is another account", same)
		}
	}
	for _, other := range []string{"alice+x@exämple.test", "a.lice@exämple.test", "\u0430lice@exämple.test"} {
		if got := env.SignUp(t, acme, other); got.User.ID == id {
			t.Errorf("%q is the same account", other)
		}
	}
	rows := must[int](t)(env.DB.Identifier.Query().Where(identifier.KindEQ(identifier.KindEmail)).Count(within(t, env, acme)))
	if rows != 4 {
		t.Errorf("%d addresses, want 4", rows)
	}
}

func TestPWD12ParallelSignInsLeaveOneUpgradedHash(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		flows := flowsOf(t, env.Replicas(t, 3))
		id := env.SignUp(t, acme, ann).User.ID
		old := string(must[[]byte](t)(bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)))
		setHash(t, env, id, old)
		flowtest.Parallel(6, func(i int) {
			if _, err := flows[i%3].Login(t.Context(), authflows.LoginInput{Identifier: ann, Password: password}); err != nil {
				t.Error(err)
			}
		})
		row := must[[]string](t)(env.DB.PasswordCredential.Query().Where(passwordcredential.UserID(id)).Select(passwordcredential.FieldHash).Strings(within(t, env, acme)))
		if len(row) != 1 || row[0] == old || !strings.HasPrefix(row[0], "$argon2id$") {
			t.Errorf("%d hashes, the old one among them: %t", len(row), row[0] == old)
		}
		signIn(t, env, acme, ann)
	})
}

func TestRTL03EachLimitHoldsByItself(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	for _, who := range []string{ann, "nobody@ex.test"} {
		for range 10 {
			_, err := login(t, env, acme, who, wrongPassword)
			wantFault(t, err, fault.InvalidCredentials)
		}
		_, err := login(t, env, acme, who, password)
		wantFault(t, err, fault.RateLimited)
	}
	env.SignUp(t, globex, ann)
	signIn(t, env, globex, ann)
	env.Clock.Advance(15 * time.Minute)
	signIn(t, env, acme, ann)

	env.Set(t, acme, "abuse.address=3/1h")
	for range 3 {
		signIn(t, env, acme, ann)
	}
	_, err := login(t, env, acme, ann, password) // successes clear nothing of the address
	wantFault(t, err, fault.RateLimited)
	elsewhere := authflows.Device{Address: netip.MustParseAddr("203.0.113.7")}
	must[*authflows.Step](t)(env.Flows(t, acme).Login(t.Context(), authflows.LoginInput{Identifier: ann, Password: password, Device: elsewhere}))
}

func TestRTL04AnAttemptIsCountedBeforeItIsChecked(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		flows := flowsOf(t, env.Replicas(t, 3))
		env.SignUp(t, acme, ann)
		for _, who := range []string{ann, "nobody@ex.test"} {
			var evaluated atomic.Int32
			flowtest.Parallel(150, func(i int) {
				_, err := flows[i%3].Login(t.Context(), authflows.LoginInput{Identifier: who, Password: wrongPassword, Device: laptop})
				switch fault.CodeOf(err) {
				case fault.InvalidCredentials:
					evaluated.Add(1)
				case fault.RateLimited:
				default:
					t.Errorf("got %v", err)
				}
			})
			if n := evaluated.Load(); n > 10 || n == 0 {
				t.Errorf("%d evaluated, want at most 10", n)
			}
		}
	})
}

// RTL-05: what strangers use up is theirs. A device that the owner signed in on resets the password meanwhile.
func TestRTL05AnAttackerEndsNoSessionAndTheLockPasses(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	s := env.SignUp(t, acme, ann)
	for range 30 {
		_, _ = login(t, env, acme, ann, wrongPassword)
	}
	must[*authflows.Step](t)(refresh(t, env, acme, s.RefreshToken))
	c := requestReset(t, env, acme, ann)
	code := env.Code(t, acme, ann)
	wantFault(t, answerReset(t, env, acme, c.ID, code), fault.RateLimited)
	known := laptop
	known.Token = s.DeviceToken
	_, err := env.Flows(t, acme).Answer(t.Context(), authflows.Answer{
		Challenge: c.ID, Code: code, NewPassword: otherPassword, Device: known,
	})
	mustDo(t, err)
	env.Clock.Advance(15 * time.Minute)
	must[*authflows.Step](t)(login(t, env, acme, ann, otherPassword))
}
