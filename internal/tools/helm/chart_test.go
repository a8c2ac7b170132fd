package helm

import (
	"bytes"
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// The chart and the tree it belongs to, from this folder.
const (
	tree  = "../../.."
	chart = tree + "/helm/tenantgate"
)

// chartOf is what one rendering holds.
type chartOf struct {
	deployments []appsv1.Deployment
	jobs        []batchv1.Job
	services    []corev1.Service
	accounts    []corev1.ServiceAccount
	budgets     []policyv1.PodDisruptionBudget
	ingresses   []networkingv1.Ingress
	policies    []networkingv1.NetworkPolicy
	monitors    []serviceMonitor
	names       map[string]bool // kind/name
}

// serviceMonitor is the part of the Prometheus operator's kind that the chart uses.
type serviceMonitor struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Selector  metav1.LabelSelector `json:"selector"`
		Endpoints []struct {
			Port     string `json:"port"`
			Path     string `json:"path"`
			Interval string `json:"interval"`
		} `json:"endpoints"`
	} `json:"spec"`
}

// helm runs `helm template` on the chart. make chart says which helm.
func helm(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	binary := os.Getenv("HELM")
	if binary == "" {
		t.Skip("HELM names no helm: run make chart")
	}
	home := t.TempDir()
	command := exec.Command(binary, append([]string{"template", "tg", chart, "--namespace", "auth"}, args...)...)
	command.Env = append(os.Environ(), "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home)
	var out, failed bytes.Buffer
	command.Stdout, command.Stderr = &out, &failed
	err = command.Run()
	return out.String(), failed.String(), err
}

// render decodes all that the chart makes of a file of values, and fails where a field is unknown or given twice.
func render(t *testing.T, values string, args ...string) chartOf {
	t.Helper()
	out, failed, err := helm(t, append([]string{"--values", values}, args...)...)
	if err != nil {
		t.Fatalf("helm template: %v\n%s", err, failed)
	}
	if failed != "" {
		t.Errorf("helm template warns: %s", failed)
	}
	c := chartOf{names: map[string]bool{}}
	for text := range strings.SplitSeq("\n"+out, "\n---\n") {
		if strings.TrimSpace(text) != "" {
			c.decode(t, text)
		}
	}
	return c
}

func (c *chartOf) decode(t *testing.T, text string) {
	t.Helper()
	var about struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
	}
	if err := yaml.Unmarshal([]byte(text), &about); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	name := about.Kind + "/" + about.Name
	if c.names[name] {
		t.Errorf("%s is there twice", name)
	}
	c.names[name] = true
	if about.Namespace != "" {
		t.Errorf("%s names a namespace: helm chooses it", name)
	}
	switch about.APIVersion + " " + about.Kind {
	case "apps/v1 Deployment":
		c.deployments = append(c.deployments, strict[appsv1.Deployment](t, text))
	case "batch/v1 Job":
		c.jobs = append(c.jobs, strict[batchv1.Job](t, text))
	case "v1 Service":
		c.services = append(c.services, strict[corev1.Service](t, text))
	case "v1 ServiceAccount":
		c.accounts = append(c.accounts, strict[corev1.ServiceAccount](t, text))
	case "policy/v1 PodDisruptionBudget":
		c.budgets = append(c.budgets, strict[policyv1.PodDisruptionBudget](t, text))
	case "networking.k8s.io/v1 Ingress":
		c.ingresses = append(c.ingresses, strict[networkingv1.Ingress](t, text))
	case "networking.k8s.io/v1 NetworkPolicy":
		c.policies = append(c.policies, strict[networkingv1.NetworkPolicy](t, text))
	case "monitoring.coreos.com/v1 ServiceMonitor":
		c.monitors = append(c.monitors, strict[serviceMonitor](t, text))
	default:
		t.Errorf("the chart makes a %s %s, which no test knows", about.APIVersion, about.Kind)
	}
}

func strict[T any](t *testing.T, text string) (object T) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), &object); err != nil {
		t.Errorf("%v in\n%s", err, text)
	}
	return object
}

// pods returns the templates of all pods, by their component.
func (c *chartOf) pods() map[string]corev1.PodTemplateSpec {
	pods := map[string]corev1.PodTemplateSpec{}
	for _, d := range c.deployments {
		pods["server"] = d.Spec.Template
	}
	for _, j := range c.jobs {
		pods["migrate"] = j.Spec.Template
	}
	return pods
}

// eachRendering runs do on what comes of each file of values in ci.
func eachRendering(t *testing.T, do func(t *testing.T, c chartOf)) {
	t.Helper()
	files, err := filepath.Glob(chart + "/ci/*-values.yaml")
	if err != nil || len(files) < 4 {
		t.Fatalf("files of values: %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), "-values.yaml"), func(t *testing.T) {
			t.Parallel()
			do(t, render(t, file))
		})
	}
}

// matches reports whether a selector finds labels.
func matches(selector, labels map[string]string) bool {
	for key, value := range selector {
		if labels[key] != value {
			return false
		}
	}
	return len(selector) > 0
}

func envOf(pod corev1.PodTemplateSpec) map[string]string {
	env := map[string]string{}
	for _, v := range pod.Spec.Containers[0].Env {
		env[v.Name] = cmp.Or(v.Value, "from elsewhere")
	}
	return env
}
