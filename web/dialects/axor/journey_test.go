package axor_test

import (
	"os"
	"testing"

	"github.com/tenantgate/tenantgate/web/dialects/axor/axortest"
	"github.com/tenantgate/tenantgate/web/dialects/dialecttest"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(webtest.Main(m)) }

func TestSessionModeDoesWhatEveryDialectMust(t *testing.T) {
	t.Parallel()
	dialecttest.Run(t, axortest.Driver())
}

func TestAppTokenModeDoesWhatEveryDialectMust(t *testing.T) {
	t.Parallel()
	dialecttest.Run(t, axortest.App())
}
