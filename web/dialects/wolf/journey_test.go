package wolf_test

import (
	"os"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/web/dialects/dialecttest"
	"github.com/tenantgate/tenantgate/web/dialects/wolf/wolftest"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(webtest.Main(m))
}

func TestItDoesWhatEveryDialectMust(t *testing.T) {
	t.Parallel()
	dialecttest.Run(t, wolftest.Driver())
}
