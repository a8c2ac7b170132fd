package archtest

// module is the path of this module.
const module = "github.com/tenantgate/tenantgate"

// Patterns name packages by their folder: "web" is one folder, "web/**" that folder and all below it, "web/*" its
// direct children, "**" everything. Of several rows the first that matches counts.

// layer says which packages of this module a package may import. Its own folder and what lies below is always allowed.
type layer struct {
	pkg     string
	imports []string
	why     string
}

var layers = []layer{
	{"cmd/**", []string{"**"}, "cmd wires everything"},

	{"authflows/flowtest", []string{"authflows/**", "tenants/**", "ent/**", "internal/**"}, "the environment of flow tests"},
	{"web/dialects/dialecttest", []string{"web/**", "authflows/**", "tenants/**", "ent/**", "internal/**"}, "what every dialect must do"},
	{"web/dialects/axor/axortest", []string{"web/dialects/dialecttest", "web/webtest", "tenants", "internal/**"}, "how one wire is driven"},
	{"web/dialects/spaces/spacestest", []string{"web/dialects/dialecttest", "web/webtest", "tenants", "internal/**"}, "how one wire is driven"},
	{"web/dialects/waanverse/waanversetest", []string{"web/dialects/dialecttest", "web/webtest", "tenants", "internal/**"}, "how one wire is driven"},
	{"web/dialects/waanversemagic/waanversemagictest", []string{"web/dialects/dialecttest", "web/webtest", "tenants", "internal/**"}, "how one wire is driven"},
	{"web/dialects/wolf/wolftest", []string{"web/dialects/dialecttest", "web/webtest", "tenants", "internal/**"}, "how one wire is driven"},
	{"internal/e2e/**", []string{"**"}, "tests the whole service"},
	{"internal/bench/**", []string{"**"}, "measures the whole service and its bare parts"},
	{"internal/testenv/**", []string{"internal/testenv"}, "knows nothing of Tenantgate"},
	{"internal/archtest", nil, "reads source, runs none of it"},

	{"graph/graphtest", []string{"graph/**", "web/webtest", "authflows/**", "tenants/**", "ent/**", "internal/**"}, "the environment of tests of the admin API"},
	{"web/webtest", []string{"web/**", "graph", "authflows/**", "tenants/**", "ent/**", "internal/**"}, "the environment of HTTP tests"},

	{"web", []string{"web/**", "authflows", "tenants", "internal/**"}, "mounts the parts; never ent or graph: entities stay behind the flows"},
	{"web/**", []string{"web/httpx", "web/dialects", "authflows", "tenants", "internal/**"}, "parses, calls a flow, renders; surfaces ignore each other"},
	{"graph/**", []string{"graph/**", "authflows", "tenants", "ent/**", "internal/**"}, "resolvers know no HTTP"},

	{"authflows", []string{"authflows/**", "tenants/**", "ent/**", "internal/**"}, "flows know no HTTP"},
	{"authflows/**", []string{"tenants/**", "ent/**", "internal/**"}, "parts ignore each other; authflows joins them"},
	{"tenants/**", []string{"tenants/**", "ent/**", "internal/**"}, "a tenant knows nothing of sign-ins"},

	{"internal/store/**", []string{"ent/**", "internal/**"}, "opens the database"},
	{"internal/events/**", []string{"ent/**", "internal/**"}, "owns the event table"},
	{"internal/jobs/**", []string{"ent/**", "internal/**"}, "owns the job table"},
	{"internal/devseed", []string{"authflows/**", "tenants/**", "ent/**", "internal/**"}, "makes the demo tenants through the real flows"},
	{"internal/tenancy", nil, "ent imports it: it must stay a leaf"},
	{"internal/**", []string{"internal/**"}, "serves the domain, knows nothing of it"},

	{"ent/**", []string{"ent/**", "internal/tenancy", "internal/ids", "internal/clock"}, "the data model carries no behaviour but tenancy"},
}

// testSupport are packages that only tests, and each other, may import: those whose name ends in "test", and these.
var testSupport = []string{
	"internal/testenv/**", "internal/e2e/**", "internal/bench/**",
	"internal/store/tables",       // links the schema comparison, which no server needs
	"internal/store/newmigration", // a developer's command: it compares the schema with a private Postgres
}

// fence keeps a module or package in a few packages. Test support may use everything.
type fence struct {
	path  string // an import path, with all below it
	in    []string
	tests bool // tests may import it anywhere
	why   string
}

var fences = []fence{
	{"github.com/gin-gonic/gin", []string{"web/**"}, false, "the domain knows no HTTP"},
	{"github.com/gin-contrib", []string{"web/**"}, false, "the domain knows no HTTP"},
	{"github.com/danielgtaylor/huma", []string{"web/**"}, false, "the domain knows no HTTP"},
	{"github.com/swaggest/swgui", []string{"web/**"}, false, "API reference pages are web's"},
	{"github.com/99designs/gqlgen", []string{"graph/**", "web/**"}, false, "web mounts what graph resolves"},
	{"github.com/redis/go-redis", []string{"internal/ephemeral/redis"}, false, "the rest speaks to internal/ephemeral"},
	{"github.com/pquerna/otp", []string{"authflows/factors/**"}, true, "each factor hides its library"},
	{"github.com/go-webauthn/webauthn", []string{"authflows/factors/**"}, true, "each factor hides its library"},
	{"github.com/boombuler/barcode", []string{"authflows/factors/**"}, true, "each factor hides its library"},
	{"github.com/trustelem/zxcvbn", []string{"authflows/factors/**"}, true, "each factor hides its library"},
	{"go.opentelemetry.io/otel/sdk", []string{"internal/telemetry"}, true, "one place sets telemetry up"},
	{"go.opentelemetry.io/otel/exporters", []string{"internal/telemetry"}, true, "one place sets telemetry up"},
	{"go.opentelemetry.io/contrib/instrumentation/runtime", []string{"internal/telemetry"}, true, "one place sets telemetry up"},
	{"github.com/prometheus/client_golang", []string{"internal/telemetry"}, true, "one place sets telemetry up"},
	{"github.com/jackc/pgx", []string{"internal/store/**"}, true, "the domain speaks Ent"},
	{"modernc.org/sqlite", []string{"internal/store/**"}, true, "the domain speaks Ent"},
	{"github.com/pressly/goose", []string{"internal/store/**"}, false, "one place migrates"},
	{"ariga.io/atlas", []string{"internal/store/**", "ent/migrate/**"}, false, "one place migrates"},
	{"github.com/knadh/koanf", []string{"internal/config"}, false, "the rest takes typed settings"},
	{"github.com/alecthomas/kong", []string{"cmd/**"}, false, "the command line is cmd's"},
	{"github.com/wneessen/go-mail", []string{"internal/mail/smtp"}, false, "the rest speaks to internal/mail"},
	{"github.com/go-jose/go-jose", []string{"tenants/**", "authflows/tokens"}, true, "keys and tokens have one home each"},

	{"net/smtp", nil, false, "frozen, and silent about header injection: use internal/mail"},
	{"math/rand", nil, true, "predictable: use crypto/rand"},
	{"github.com/golang-jwt/jwt", nil, false, "go-jose, whose list of algorithms is mandatory, is the one JOSE library"},
	{"github.com/stretchr/testify", nil, false, "standard testing and go-cmp"},
	{"entgo.io/contrib/entgql", nil, false, "the GraphQL schema is written by hand"},
	{"github.com/gin-contrib/timeout", nil, false, "it answers from a second goroutine; use the context's deadline"},
}

// place fixes where a name of a package may appear. Test support may use everything, and so may tests.
type place struct {
	path string // import path of the package
	name string
	in   []string // packages, or single files where a pattern ends in .go
	why  string
}

// wallClock is where the real time may be read.
var wallClock = []string{
	"internal/clock", "internal/telemetry", "internal/ephemeral/**", "cmd/**", "web/httpx",
}

var places = []place{
	{
		module + "/internal/tenancy", "Across",
		[]string{"internal/events", "internal/jobs", "tenants/rewrap.go", "tenants/rotation.go", "tenants/domains.go", "tenants/overview.go", "authflows/sweep.go"},
		"work across tenants has listed reasons and listed places",
	},
	{module + "/ent", "NewClient", []string{"internal/store"}, "a client made elsewhere lacks the tenancy hooks"},
	{module + "/ent", "Open", nil, "internal/store opens databases, with the tenancy hooks"},
	{module + "/ent", "Client", []string{
		"authflows/**", "tenants/**", "internal/store", "internal/events", "internal/jobs", "internal/devseed", "cmd/**",
	}, "graph and web call flows; they do not query"},
	{"time", "Now", wallClock, "the domain takes a clock.Clock, so that tests can move it"},
	{"time", "Since", wallClock, "it reads the real time: subtract from the clock's"},
	{"time", "Until", wallClock, "it reads the real time: subtract the clock's"},
	{"entgo.io/ent/dialect/sql", "WithVar", nil, "injectable, and it leaks into the pool"},
}

// vagueNames say nothing about what a package owns.
var vagueNames = []string{"utils", "util", "common", "helpers", "helper", "types", "models", "services"}

// longestFile is the number of lines above which a handwritten file hides two subjects. The aim is near 200.
const longestFile = 400
