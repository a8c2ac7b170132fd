package spaces_test

import (
	"os"
	"testing"

	"github.com/tenantgate/tenantgate/web/dialects/dialecttest"
	"github.com/tenantgate/tenantgate/web/dialects/spaces/spacestest"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(webtest.Main(m)) }

func TestTheWireDoesWhatEveryDialectMust(t *testing.T) {
	t.Parallel()
	dialecttest.Run(t, spacestest.Driver())
}
