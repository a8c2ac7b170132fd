package tenants

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/mail"
)

func TestTheMailsWhoseWordsMayBeReplacedAreAllThatExist(t *testing.T) {
	t.Parallel()
	var all []MailKind
	for _, kind := range mail.Kinds() {
		all = append(all, MailKind(kind))
	}
	if diff := cmp.Diff(all, MailKinds()); diff != "" {
		t.Errorf("(-internal/mail +tenants):\n%s", diff)
	}
}
