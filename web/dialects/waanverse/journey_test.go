package waanverse_test

import (
	"testing"

	"github.com/tenantgate/tenantgate/web/dialects/dialecttest"
	"github.com/tenantgate/tenantgate/web/dialects/waanverse/waanversetest"
)

func TestItDoesWhatEveryDialectMust(t *testing.T) {
	t.Parallel()
	dialecttest.Run(t, waanversetest.Driver())
}
