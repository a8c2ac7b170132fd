package authflows_test

import (
	"testing"

	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// A mailed token proves the address of an account. Where there is none it would only reach a stranger's mailbox.
func TestNobodyIsMailedATokenForAnAddressThatNobodyHas(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	flows := env.Flows(t, acme).As(byToken)
	mustDo(t, flows.MailAddress(t.Context(), ann, laptop)) // nobody is told
	env.Set(t, acme, "signup.verify_email=after_session")
	flows = env.Flows(t, acme).As(byToken)
	wantFault(t, flows.MailAddress(t.Context(), ann, laptop), fault.NotFound)
	if n := len(env.Mails(t, acme, ann)); n != 0 {
		t.Errorf("%d mails", n)
	}
}

// Whether somebody has an address is told as seldom as a password is checked.
func TestTellingThatNobodyHasAnAddressCountsAsAFailure(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "signup.verify_email=after_session", "abuse.tenant_failures=2/1m")
	flows := env.Flows(t, acme).As(byToken)
	for range 2 {
		wantFault(t, flows.MailAddress(t.Context(), ann, laptop), fault.NotFound)
	}
	wantFault(t, flows.MailAddress(t.Context(), ann, laptop), fault.RateLimited)
}
