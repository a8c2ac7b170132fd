package graph_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/tenantgate/tenantgate/web/webtest"
)

// ADM-04: what was secret in any test is looked for in the log of all. Then nothing may still run: a subscription that outlived its
// subscriber would.
func TestMain(m *testing.M) {
	status := webtest.Main(m)
	if err := goleak.Find(); err != nil && status == 0 {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}
