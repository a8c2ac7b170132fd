package main

import (
	"cmp"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/tenantgate/tenantgate/web"
)

type routesCommand struct {
	Dev bool `help:"As tenantgate dev mounts them."`
}

// unanswered stands for the admin API.
type unanswered struct{ http.Handler }

func (unanswered) Refuse(http.ResponseWriter, *http.Request, error) {}
func (unanswered) Drain()                                           {}

// Run lists the routes. It needs neither settings nor a database.
func (c *routesCommand) Run(sh *shell) error {
	deps := web.Deps{
		Metrics:   http.NotFoundHandler(), // stands for those that are mounted, and answers nobody
		GraphQL:   unanswered{http.NotFoundHandler()},
		PublicURL: func() *url.URL { return &url.URL{Scheme: "http", Host: "localhost"} },
		Version:   version,
		Dev:       c.Dev,
	}
	if c.Dev {
		deps.Mailbox = http.NotFoundHandler()
	}
	routes := web.New(deps).Routes()
	slices.SortStableFunc(routes, func(a, b web.Route) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return sh.print(map[string]any{"routes": routes}, func(w io.Writer) {
		var rows [][]string
		for _, r := range routes {
			rows = append(rows, []string{r.Method, r.Path, r.Surface})
		}
		sh.table(w, "METHOD\tPATH\tLISTENER", rows)
	})
}

// place orders the listeners as the settings do.
func place(r web.Route) int { return slices.Index([]string{"public", "admin", "metrics"}, r.Surface) }
