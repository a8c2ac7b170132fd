package graph_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	// unnarrow is the variable that names entities to the isolation test: it runs once for each, without its tenant predicate.
	unnarrow = "TENANTGATE_TEST_UNNARROW"
	// nothing is no entity: all predicates are in place.
	nothing = "Nothing"
)

// finding is how the isolation test notices that an entity's tenant predicate is gone.
type finding string

const (
	// answers: they differ, show what is the other tenant's, or rows of it change.
	answers finding = "isolation: "
	// statements: no answer differs, and the environment sees a statement that is not limited to a tenant.
	statements finding = "is not limited to a tenant"
	// unreached: the admin API neither reads nor writes the entity for a tenant.
	unreached finding = "--- PASS"
)

// withoutPredicate is what the isolation test finds without the tenant predicate of an entity.
var withoutPredicate = map[string]finding{
	"User": answers, "Session": answers, "Event": answers, "SignInCount": answers, "APIKey": answers, "TenantDomain": answers,
	"SigningKey": answers, "DataKey": answers, // a tenant's key opens nothing that is sealed for another

	// What belongs to a user is found by the user, whose id is one tenant's alone.
	"Identifier": statements, "PasswordCredential": statements, "Passkey": statements, "TOTPDevice": statements,
	"RecoveryCode": statements, "TrustedDevice": statements, "Challenge": statements,
	// Those of all tenants belong to the reserved one; which tenant a grant is over is asked besides.
	"AdminGrant": statements, "MutationKey": statements,
	// Read and written by their own ids, for what was found before.
	"EventSequence": statements, "Job": statements, "Throttle": statements,

	nothing:        unreached,
	"DialectAlias": unreached, // only dialects read ids of their own form
	"Lease":        unreached, // one for the whole service, held by the reserved tenant
}

// TestTheIsolationTestFailsWithoutATenantPredicate compiles this test against a tenancy mixin that leaves one entity alone, and
// runs it in processes of its own, once for each.
func TestTheIsolationTestFailsWithoutATenantPredicate(t *testing.T) {
	t.Parallel()
	if os.Getenv(unnarrow) != "" {
		t.Fatal("the test runs itself")
	}
	all := append(tenanted(t), nothing)
	for _, entity := range all {
		if withoutPredicate[entity] == "" {
			t.Errorf("nothing says what the isolation test finds without the tenant predicate of %s", entity)
		}
	}
	if len(withoutPredicate) != len(all) {
		t.Errorf("%d entities have a tenant predicate, and %d are expected", len(all)-1, len(withoutPredicate)-1)
	}
	binary := changedBuild(t)
	for half := range slices.Chunk(all, (len(all)+1)/2) {
		t.Run(half[0]+" to "+half[len(half)-1], func(t *testing.T) {
			t.Parallel()
			out := runIsolation(t, binary, half)
			for _, entity := range half {
				want := withoutPredicate[entity]
				passed, text := resultOf(t, out, entity)
				if passed != (want == unreached) || !strings.Contains(text, string(want)) {
					t.Errorf("without the tenant predicate of %s: passed is %t, want %q in\n%.3000s", entity, passed, want, text)
				}
			}
		})
	}
}

// tenanted returns the entities that have the mixin.
func tenanted(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "ent", "schema", "*.go"))
	must(t, err)
	var out []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		for _, m := range mixes.FindAllStringSubmatch(string(text), -1) {
			out = append(out, m[1])
		}
	}
	if len(out) < 20 {
		t.Fatalf("found only %v", out)
	}
	return out
}

var mixes = regexp.MustCompile(`func \((?:\w+ )?(\w+)\) Mixin\(\) \[\]ent\.Mixin \{ return \[\]ent\.Mixin\{Tenanted\{\}`)

// runIsolation runs the isolation test without the predicate of each of some entities, in one process.
func runIsolation(t *testing.T, binary string, entities []string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, binary, "-test.run", "^TestNoFieldReachesAnotherTenant$", "-test.v", "-test.timeout", "4m")
	run.Env = append(os.Environ(), unnarrow+"="+strings.Join(entities, ","))
	out, err := run.CombinedOutput()
	if exit := run.ProcessState; exit == nil {
		t.Fatalf("the isolation test does not run: %v", err)
	}
	return string(out)
}

var begins = regexp.MustCompile(`(?m)^=== RUN   TestNoFieldReachesAnotherTenant/(\w+)$`)

// resultOf returns how the run for an entity ended, and what it wrote.
func resultOf(t *testing.T, out, entity string) (passed bool, text string) {
	t.Helper()
	all := begins.FindAllStringSubmatchIndex(out, -1)
	for i, at := range all {
		if out[at[2]:at[3]] != entity {
			continue
		}
		end := len(out)
		if i+1 < len(all) {
			end = all[i+1][0]
		}
		text = out[at[0]:end]
	}
	result := regexp.MustCompile(`--- (PASS|FAIL): TestNoFieldReachesAnotherTenant/` + entity + ` .*`).FindStringSubmatch(out)
	if result == nil {
		t.Fatalf("the run for %s has no end:\n%.3000s", entity, out)
	}
	return result[1] == "PASS", text + result[0]
}
