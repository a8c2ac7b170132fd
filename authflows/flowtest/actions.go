package flowtest

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/mail/mailbox"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/tenants"
)

// Password is what SignUp gives every user.
const Password = "violet harbour seven kettles"

// Laptop is a device like any other.
var Laptop = authflows.Device{
	Address:   netip.MustParseAddr("192.0.2.10"),
	UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
}

// CreateTenant makes a tenant with the default settings but for abuse.address, which is off.
func (env *Env) CreateTenant(t testing.TB, slug string) *tenants.Tenant {
	t.Helper()
	made, err := env.Tenants.Create(t.Context(), tenants.CreateInput{
		Slug: slug, Settings: []tenants.Change{{Path: "abuse.address", Value: []byte(`"0"`)}},
	})
	if err != nil {
		t.Fatalf("create tenant %s: %v", slug, err)
	}
	env.shared.boxes[made.ID] = mailbox.New(env.Clock.Now)
	return made
}

// Tenant returns a tenant as this replica sees it.
func (env *Env) Tenant(t testing.TB, slug string) *tenants.Tenant {
	t.Helper()
	found, err := env.Tenants.BySlug(context.WithoutCancel(t.Context()), slug)
	if err != nil {
		t.Fatalf("find tenant %s: %v", slug, err)
	}
	return found
}

// Flows returns the flows of a tenant.
func (env *Env) Flows(t testing.TB, slug string) *authflows.Flows {
	t.Helper()
	flows, err := env.Engine.For(env.Tenant(t, slug))
	if err != nil {
		t.Fatalf("flows of tenant %s: %v", slug, err)
	}
	return flows
}

// Set changes settings of a tenant, each written path=value. Other replicas learn of it by Poll.
func (env *Env) Set(t testing.TB, slug string, settings ...string) {
	t.Helper()
	var changes []tenants.Change
	for _, text := range settings {
		c, err := tenants.ParseChange(text)
		if err != nil {
			t.Fatalf("set %s: %v", text, err)
		}
		changes = append(changes, c)
	}
	if _, err := env.Tenants.Set(t.Context(), slug, 0, changes); err != nil {
		t.Fatalf("set %q: %v", settings, err)
	}
}

// SignUp makes a user by the real flow, with the mailed code, and returns its first session.
func (env *Env) SignUp(t testing.TB, slug, email string) *authflows.SignedIn {
	t.Helper()
	flows := env.Flows(t, slug)
	step, err := flows.Signup(t.Context(), authflows.SignupInput{Email: email, Password: Password, Device: Laptop})
	if err != nil {
		t.Fatalf("sign up: %v", err)
	}
	step, err = flows.Answer(t.Context(), authflows.Answer{
		Challenge: step.Challenge.ID, Code: env.Code(t, slug, email), Device: Laptop,
	})
	if err != nil {
		t.Fatalf("answer the sign-up: %v", err)
	}
	if step.SignedIn == nil {
		t.Fatalf("signing up asked for more: %+v", step.Challenge)
	}
	return step.SignedIn
}

// Poll confirms the caches of this replica, for a second of real time.
func (env *Env) Poll(t testing.TB) {
	t.Helper()
	if err := env.Feed.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Warm returns the statements of do while the caches of this replica were confirmed all the time. It may run do more than
// once, for the confirmation lasts a second and the machine may be busy; what an earlier run left is in the caches.
func (env *Env) Warm(t testing.TB, do func()) []store.Statement {
	t.Helper()
	for range 20 {
		env.Poll(t)
		do()
		out := env.Statements(do)
		if env.Feed.Fresh() {
			return out
		}
	}
	t.Fatal("the machine is too busy to keep a cache confirmed")
	return nil
}

// DeliverMail sends the mails that flows have left.
func (env *Env) DeliverMail(t testing.TB) {
	t.Helper()
	for {
		n, err := env.worker.RunDue(t.Context())
		if err != nil {
			t.Fatalf("deliver mail: %v", err)
		}
		if n == 0 {
			return
		}
	}
}

// Mails delivers and returns the mails of a tenant to an address, or to everybody for none, newest last. Of mails that
// one delivery sends the order is not certain.
func (env *Env) Mails(t testing.TB, slug, to string) []mailbox.Stored {
	t.Helper()
	env.DeliverMail(t)
	return env.shared.boxes[env.Tenant(t, slug).ID].List(to)
}

// Code delivers and returns the code of the newest mail to an address that carries one.
func (env *Env) Code(t testing.TB, slug, to string) string {
	t.Helper()
	return env.newest(t, slug, to).Code
}

// Link delivers and returns the link of the newest mail to an address that carries a code.
func (env *Env) Link(t testing.TB, slug, to string) string {
	t.Helper()
	return env.newest(t, slug, to).Link
}

// newest passes over notices, which one delivery may send in any order with a code.
func (env *Env) newest(t testing.TB, slug, to string) mail.Message {
	t.Helper()
	for _, m := range slices.Backward(env.Mails(t, slug, to)) {
		if m.Code != "" {
			return m.Message
		}
	}
	t.Fatalf("no mail with a code to that address")
	return mail.Message{}
}

func (env *Env) sender(of *tenants.Tenant) (mail.Sender, string, error) {
	return env.shared.boxes[of.ID], of.DisplayName() + " <no-reply@auth.example.test>", nil
}

// Parallel runs do n times at once: all wait behind one barrier until the last is ready.
func Parallel(n int, do func(i int)) {
	var ready, done sync.WaitGroup
	barrier := make(chan struct{})
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-barrier
			do(i)
		})
	}
	ready.Wait()
	close(barrier)
	done.Wait()
}
