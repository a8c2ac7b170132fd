package helm

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestWhatIsMissingIsSaidTogetherAndClearly(t *testing.T) {
	t.Parallel()
	_, failed, err := helm(t)
	if err == nil {
		t.Fatal("the chart renders without its required values")
	}
	for _, want := range []string{
		"publicUrl is required: set the URL that clients use, such as https://auth.example.com",
		"existingSecret is required: name a Secret with the keys database-url, master-keys, redis-url",
	} {
		if !strings.Contains(failed, want) {
			t.Errorf("%q is not in %s", want, failed)
		}
	}
}

func TestWrongValuesAreRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ set, want string }{
		"a value that does not exist":       {"publicURL=https://a.test", "'publicURL' not allowed"},
		"a typo further down":               {"ingress.classNam=x", "'classNam' not allowed"},
		"a secret among the values":         {"redis.url=redis://x", "'url' not allowed"},
		"another scheme":                    {"publicUrl=ftp://auth.example.com", "/publicUrl"},
		"plain http for others":             {"publicUrl=http://auth.example.com", "/publicUrl"},
		"a slash at the end":                {"publicUrl=https://auth.example.com/", "/publicUrl"},
		"a query":                           {"publicUrl=https://auth.example.com?a=b", "/publicUrl"},
		"capitals in the host":              {"publicUrl=https://Auth.example.com", "/publicUrl"},
		"no replica":                        {"replicaCount=0", "/replicaCount"},
		"a text for a number":               {"replicaCount=two", "/replicaCount"},
		"a text for a truth":                {"redis.enabled=maybe", "/redis/enabled"},
		"a sender without an address":       {"mail.from=Example", "/mail/from"},
		"proxies without a length":          {"trustedProxies={10.0.0.1}", "/trustedProxies/0"},
		"proxies that are everyone":         {"trustedProxies={0.0.0.0/0}", "/trustedProxies/0"},
		"an unknown level":                  {"log.level=loud", "/log/level"},
		"a setting by the back door":        {"extraEnv[0].name=TENANTGATE_DATABASE_URL,extraEnv[0].value=x", "/extraEnv/0/name"},
		"a variable without a value":        {"extraEnv[0].name=OTEL_SERVICE_NAME", "/extraEnv/0"},
		"a digest that is none":             {"image.digest=sha256:1", "/image/digest"},
		"a tag in the repository's digest":  {"image.repository=a@sha256:1", "/image/repository"},
		"an unknown pull policy":            {"image.pullPolicy=Sometimes", "/image/pullPolicy"},
		"a label of the chart's own":        {"podLabels.app\\.kubernetes\\.io/name=x", "invalid propertyName 'app.kubernetes.io/name'"},
		"a budget that lets nobody leave":   {"podDisruptionBudget.maxUnavailable=0", "/podDisruptionBudget/maxUnavailable"},
		"a port out of range":               {"service.port=70000", "/service/port"},
		"a Service without a cluster IP":    {"service.type=ExternalName", "/service/type"},
		"a host that is none":               {"ingress.extraHosts={https://a.test}", "/ingress/extraHosts/0"},
		"a path that the Ingress would cut": {"publicUrl=https://a.test/auth,ingress.enabled=true", "without a path"},
		"a monitor of metrics that are off": {"metrics.enabled=false,metrics.serviceMonitor.enabled=true", "needs metrics.enabled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, failed, err := helm(t, "--values", chart+"/ci/minimal-values.yaml", "--set", tt.set)
			if err == nil {
				t.Fatalf("%s is taken", tt.set)
			}
			if !strings.Contains(failed, tt.want) {
				t.Errorf("%q is not in %s", tt.want, failed)
			}
		})
	}
}

func TestEachValueIsExplained(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(chart + "/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	value := regexp.MustCompile(`^ *[a-zA-Z]+:`)
	group := regexp.MustCompile(`^ *[a-zA-Z]+:$`)
	above := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		indent := len(line) - len(strings.TrimLeft(line, " "))
		quantity := strings.Contains("cpu memory", strings.TrimSuffix(strings.TrimSpace(strings.Split(line, ":")[0]), ":"))
		if value.MatchString(line) && !group.MatchString(line) && !quantity &&
			!strings.HasPrefix(above, strings.Repeat(" ", indent)+"# ") {
			t.Errorf("no comment above %q", line)
		}
		above = line
	}
}
