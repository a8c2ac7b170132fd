package axor

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// New returns the dialect.
func New() *dialects.Dialect {
	return &dialects.Dialect{
		Name:   tenants.Axor,
		Title:  "Axor",
		Client: client,
		Refuse: func(c *gin.Context, err error) { httpx.Abort(c, err) },
	}
}

func client(_ *http.Request, t *tenants.Tenant) *authflows.Client {
	life := t.Settings.Dialects.Of(tenants.Axor)
	return &authflows.Client{ID: string(tenants.Axor), Access: life.Access.Std(), Refresh: life.Refresh.Std(), Site: life.Site}
}
