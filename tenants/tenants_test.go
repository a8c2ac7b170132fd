package tenants

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/sealed"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/store/tables"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const publicURL = "https://auth.test"

// hands is a clock that tests move.
type hands struct {
	mu  sync.Mutex
	now time.Time
}

func newHands() *hands { return &hands{now: clock.Now()} }

func (h *hands) read() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hands) advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// replica is a registry with a feed of its own, as each process has.
type replica struct {
	*Registry
	feed *events.Feed
}

func newReplica(db *store.Store, now clock.Clock, masters sealed.Ring) *replica {
	feed := events.NewFeed(db, nil)
	log := events.NewLog(feed, now)
	return &replica{NewRegistry(db, masters, feed, log, func() string { return publicURL }, now), feed}
}

// newReplicas returns replicas of a database that has the reserved tenant, and their clock.
func newReplicas(t testing.TB, db *store.Store, n int) ([]*replica, *hands) {
	t.Helper()
	h := newHands()
	out := make([]*replica, 0, n)
	for range n {
		out = append(out, newReplica(db, h.read, ringOf("a")))
	}
	if err := out[0].EnsureReserved(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out, h
}

// newOne is newReplicas for tests that need one.
func newOne(t testing.TB, db *store.Store) (*replica, *hands) {
	t.Helper()
	all, h := newReplicas(t, db, 1)
	return all[0], h
}

// ringOf returns master keys of these ids, the same ones each time.
func ringOf(ids ...string) sealed.Ring {
	var r sealed.Ring
	for _, id := range ids {
		m := sealed.Master{ID: id}
		copy(m.Key[:], strings.Repeat(id, sealed.KeySize))
		r = append(r, m)
	}
	return r
}

func (r *replica) poll(t testing.TB) {
	t.Helper()
	if err := r.feed.Poll(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func create(t testing.TB, r *replica, slug string, settings ...string) *Tenant {
	t.Helper()
	tenant, err := r.Create(t.Context(), CreateInput{Slug: slug, Settings: parseChanges(t, settings...)})
	if err != nil {
		t.Fatalf("create %s: %v %v", slug, err, fieldsOf(err))
	}
	return tenant
}

func find(t testing.TB, r *replica, slug string) *Tenant {
	t.Helper()
	tenant, err := r.BySlug(t.Context(), slug)
	if err != nil {
		t.Fatalf("find %s: %v", slug, err)
	}
	return tenant
}

func expectFault(t testing.TB, what string, err error, want fault.Code) {
	t.Helper()
	if err == nil || fault.CodeOf(err) != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

// facts returns the types of a tenant's events in their order.
func facts(t testing.TB, db *store.Store, tenant uuid.UUID) []string {
	t.Helper()
	rows, err := db.Event.Query().Order(ent.Asc("id")).All(tenancy.With(t.Context(), tenant))
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, 0, len(rows))
	for _, row := range rows {
		out = append(out, row.Type)
	}
	return out
}

// lastData returns the data of a tenant's newest event.
func lastData(t testing.TB, db *store.Store, tenant uuid.UUID) map[string]any {
	t.Helper()
	row, err := db.Event.Query().Order(ent.Desc("id")).First(tenancy.With(t.Context(), tenant))
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(row.Data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// addUsers stores users with all that hangs on them, and returns the session of each.
func addUsers(t testing.TB, db *store.Store, tenant uuid.UUID, n int) []uuid.UUID {
	t.Helper()
	ctx, now := tenancy.With(t.Context(), tenant), clock.Now()
	var (
		users      []*ent.UserCreate
		names      []*ent.IdentifierCreate
		passwords  []*ent.PasswordCredentialCreate
		sessions   []*ent.SessionCreate
		challenges []*ent.ChallengeCreate
		passkeys   []*ent.PasskeyCreate
		apps       []*ent.TOTPDeviceCreate
		codes      []*ent.RecoveryCodeCreate
		devices    []*ent.TrustedDeviceCreate
		aliases    []*ent.DialectAliasCreate
		grants     []*ent.AdminGrantCreate
		all        []uuid.UUID
	)
	for i := range n {
		user, session := ids.New(), ids.New()
		name := fmt.Sprintf("user%d@%s.test", i, user)
		all = append(all, session)
		users = append(users, db.User.Create().SetID(user).SetEmail(name).SetCreatedAt(now).SetUpdatedAt(now))
		names = append(names, db.Identifier.Create().SetID(ids.New()).SetUserID(user).SetKind("email").
			SetValue(name).SetNormal(name).SetCreatedAt(now))
		passwords = append(passwords, db.PasswordCredential.Create().SetID(ids.New()).SetUserID(user).
			SetHash("$argon2id$").SetChangedAt(now))
		sessions = append(sessions, db.Session.Create().SetID(session).SetUserID(user).SetCredentialVersion(1).SetGeneration(1).
			SetProofs([]string{"password"}).SetAuthTime(now).SetCreatedAt(now).SetRotatedAt(now).
			SetLastSeenAt(now).SetExpiresAt(now.Add(time.Hour)))
		challenges = append(challenges, db.Challenge.Create().SetID(ids.New()).SetUserID(user).SetPurpose("sign_in").
			SetSubject([]byte(name)).SetFactors([]string{"totp"}).SetTriesLeft(5).
			SetCreatedAt(now).SetExpiresAt(now.Add(time.Hour)))
		passkeys = append(passkeys, db.Passkey.Create().SetID(ids.New()).SetUserID(user).SetName("Passkey").
			SetCredentialID(user[:]).SetPublicKey([]byte("cose")).SetSignCount(1).SetBackupEligible(false).
			SetBackedUp(false).SetUserVerified(true).SetCreatedAt(now))
		apps = append(apps, db.TOTPDevice.Create().SetID(ids.New()).SetUserID(user).SetName("App").
			SetSecret([]byte("sealed")).SetLastStep(1).SetCreatedAt(now))
		codes = append(codes, db.RecoveryCode.Create().SetID(ids.New()).SetUserID(user).SetDigest([]byte("digest")).SetCreatedAt(now))
		devices = append(devices, db.TrustedDevice.Create().SetID(ids.New()).SetUserID(user).SetDeviceID(ids.New()).
			SetCreatedAt(now).SetExpiresAt(now.Add(time.Hour)))
		grants = append(grants, db.AdminGrant.Create().SetID(ids.New()).SetUserID(user).SetOver(uuid.Nil).SetRole("owner").SetCreatedAt(now))
		aliases = append(aliases, db.DialectAlias.Create().SetID(ids.New()).SetUserID(user).SetKind("hex").
			SetNumber(int64(binary.BigEndian.Uint64(user[8:])>>1)).SetValue(user.String()).SetCreatedAt(now))
	}
	const bulk = 400
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for from := 0; from < n; from += bulk {
		to := min(from+bulk, n)
		must(db.User.CreateBulk(users[from:to]...).Exec(ctx))
		must(db.Identifier.CreateBulk(names[from:to]...).Exec(ctx))
		must(db.PasswordCredential.CreateBulk(passwords[from:to]...).Exec(ctx))
		must(db.Session.CreateBulk(sessions[from:to]...).Exec(ctx))
		must(db.Challenge.CreateBulk(challenges[from:to]...).Exec(ctx))
		must(db.Passkey.CreateBulk(passkeys[from:to]...).Exec(ctx))
		must(db.TOTPDevice.CreateBulk(apps[from:to]...).Exec(ctx))
		must(db.RecoveryCode.CreateBulk(codes[from:to]...).Exec(ctx))
		must(db.TrustedDevice.CreateBulk(devices[from:to]...).Exec(ctx))
		must(db.DialectAlias.CreateBulk(aliases[from:to]...).Exec(ctx))
		must(db.AdminGrant.CreateBulk(grants[from:to]...).Exec(ctx))
	}
	return all
}

// addRest stores what hangs on no user.
func addRest(t testing.TB, db *store.Store, tenant uuid.UUID) {
	t.Helper()
	ctx, now := tenancy.With(t.Context(), tenant), clock.Now()
	for _, err := range []error{
		db.Challenge.Create().SetID(ids.New()).SetPurpose("sign_up").SetSubject([]byte("nobody")).
			SetFactors([]string{"email_code"}).SetTriesLeft(5).SetCreatedAt(now).SetExpiresAt(now).Exec(ctx),
		db.Job.Create().SetID(ids.New()).SetKind("mail").SetPayload([]byte("sealed")).SetCreatedAt(now).Exec(ctx),
		db.Throttle.Create().SetID(ids.New()).SetSubject("login").SetCount(1).SetWindowEndsAt(now).Exec(ctx),
		db.Event.Create().SetID(ids.New()).SetType(string(events.SessionsEnded)).SetActor("user").SetAt(now).
			SetFeeds(true).Exec(ctx),
		db.TenantDomain.Create().SetID(ids.New()).SetHost("login.test").SetProof("proof").SetServes(tenant.String() + ".test").
			SetVerifiedAt(now).SetCreatedAt(now).Exec(ctx),
		db.APIKey.Create().SetID(ids.New()).SetName("key").SetRole("owner").SetScopes([]string{"users:read"}).SetDigest([]byte("digest")).
			SetCreatedAt(now).Exec(ctx),
		db.MutationKey.Create().SetID(ids.New()).SetActorID(tenant).SetMutation("suspendTenant").SetKeyDigest([]byte("key")).
			SetInputDigest([]byte("input")).SetEventTenant(tenant).SetEventID(tenant).SetObjectID(tenant).SetCreatedAt(now).Exec(ctx),
		db.EventSequence.Create().SetID(ids.New()).SetLast(1).Exec(ctx),
		db.Lease.Create().SetID(ids.New()).SetName("sequencer").SetHolder("replica").SetUntil(1).Exec(ctx),
		db.SignInCount.Create().SetID(ids.New()).SetHour(1).SetOutcome("refused").SetFactor("password").SetCount(1).Exec(ctx),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// eachURL runs a test on both engines, for tests that look at the database with other eyes.
func eachURL(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); test(t, storetest.SQLiteURL(t)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); test(t, storetest.PostgresURL(t)) })
}

func open(t testing.TB, url string) *store.Store {
	t.Helper()
	db, err := store.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// contents maps each table to its rows as text, sorted: those of a tenant, or all of them for uuid.Nil. Bytes are in
// hexadecimal.
func contents(t testing.TB, url string, tenant uuid.UUID) map[string][]string {
	t.Helper()
	driver, dsn := "pgx", url
	if path, ok := strings.CutPrefix(url, "sqlite://"); ok {
		driver, dsn = "sqlite", "file:"+path+"?mode=ro"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	out := map[string][]string{}
	for _, table := range tables.All() {
		query := `SELECT * FROM "` + table.Name + `"`
		if _, owned := table.Column("tenant_id"); owned && tenant != uuid.Nil {
			query += ` WHERE tenant_id = '` + tenant.String() + `'`
		} else if tenant != uuid.Nil {
			query += ` WHERE id = '` + tenant.String() + `'`
		}
		out[table.Name] = textRows(t, db, query)
	}
	return out
}

func textRows(t testing.TB, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		var line strings.Builder
		for i, v := range values {
			if b, ok := v.([]byte); ok {
				v = hex.EncodeToString(b)
			}
			fmt.Fprintf(&line, "%s=%v ", columns[i], v)
		}
		out = append(out, line.String())
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}
