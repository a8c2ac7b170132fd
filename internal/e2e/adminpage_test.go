package e2e

import (
	"strings"
	"testing"
)

// The admin API answers 200 also where nothing was done.
func TestAdminPage(t *testing.T) {
	t.Parallel()
	for at, got := range runPage(t, "docs/admin-api.md") {
		for _, sign := range []string{`"errors":[`, `"userErrors":[{`} {
			if strings.Contains(got, sign) {
				t.Errorf("docs/admin-api.md, block %d: the commands get an error:\n%s", at+1, got)
			}
		}
	}
}
