package waanversemagic_test

import (
	"os"
	"testing"

	"github.com/tenantgate/tenantgate/web/dialects/dialecttest"
	"github.com/tenantgate/tenantgate/web/dialects/waanversemagic/waanversemagictest"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(webtest.Main(m)) }

func TestItDoesWhatEveryDialectMust(t *testing.T) {
	t.Parallel()
	dialecttest.Run(t, waanversemagictest.Driver())
}
