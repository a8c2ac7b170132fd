package helm

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestEachPartComesWithItsValuesAlone(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"minimal": "Deployment/tg-tenantgate Job/tg-tenantgate-migrate PodDisruptionBudget/tg-tenantgate " +
			"Service/tg-tenantgate Service/tg-tenantgate-admin Service/tg-tenantgate-metrics ServiceAccount/tg-tenantgate",
		"ingress": "Deployment/tg-tenantgate Ingress/tg-tenantgate Job/tg-tenantgate-migrate " +
			"PodDisruptionBudget/tg-tenantgate Service/tg-tenantgate Service/tg-tenantgate-admin " +
			"Service/tg-tenantgate-metrics ServiceAccount/tg-tenantgate",
		"no-redis": "Deployment/tg-tenantgate Service/tg-tenantgate",
		"full": "Deployment/auth-gate Ingress/auth-gate Job/auth-gate-migrate NetworkPolicy/auth-gate " +
			"PodDisruptionBudget/auth-gate Service/auth-gate Service/auth-gate-admin Service/auth-gate-metrics " +
			"ServiceAccount/auth ServiceMonitor/auth-gate",
	}
	eachRendering(t, func(t *testing.T, c chartOf) {
		got := strings.Join(slices.Sorted(maps.Keys(c.names)), " ")
		if want := want[path.Base(t.Name())]; got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	})
}

func TestSelectorsFindThePodsThatServeAndNoOthers(t *testing.T) {
	t.Parallel()
	eachRendering(t, func(t *testing.T, c chartOf) {
		if len(c.deployments) != 1 {
			t.Fatalf("%d Deployments", len(c.deployments))
		}
		selectors := map[string]map[string]string{"Deployment": c.deployments[0].Spec.Selector.MatchLabels}
		for _, s := range c.services {
			selectors["Service "+s.Name] = s.Spec.Selector
		}
		for _, b := range c.budgets {
			selectors["PodDisruptionBudget"] = b.Spec.Selector.MatchLabels
		}
		for _, p := range c.policies {
			selectors["NetworkPolicy"] = p.Spec.PodSelector.MatchLabels
		}
		for what, selector := range selectors {
			for component, pod := range c.pods() {
				if found := matches(selector, pod.Labels); found != (component == "server") {
					t.Errorf("%s finds pods of %s: %v", what, component, found)
				}
			}
		}
		for _, m := range c.monitors {
			found := 0
			for _, s := range c.services {
				if matches(m.Spec.Selector.MatchLabels, s.Labels) && s.Spec.Ports[0].Name == m.Spec.Endpoints[0].Port {
					found++
				}
			}
			if found != 1 {
				t.Errorf("the ServiceMonitor finds %d Services", found)
			}
		}
	})
}

func TestPortsAreNamedWhereTheyAreUsed(t *testing.T) {
	t.Parallel()
	eachRendering(t, func(t *testing.T, c chartOf) {
		container := c.pods()["server"].Spec.Containers[0]
		env := envOf(c.pods()["server"])
		open := map[string]bool{}
		for _, port := range container.Ports {
			open[port.Name] = true
		}
		for port, listen := range map[string]string{
			"http": "TENANTGATE_LISTEN", "admin": "TENANTGATE_ADMIN_LISTEN", "metrics": "TENANTGATE_METRICS_LISTEN",
		} {
			if open[port] != (env[listen] != "off") {
				t.Errorf("port %s is open: %v, and %s=%s", port, open[port], listen, env[listen])
			}
		}
		probes := []*corev1.Probe{container.StartupProbe, container.ReadinessProbe, container.LivenessProbe}
		paths := []string{"/readyz", "/readyz", "/healthz"}
		for i, probe := range probes {
			if probe == nil || probe.HTTPGet.Path != paths[i] || !open[probe.HTTPGet.Port.String()] {
				t.Errorf("probe %d: %+v", i, probe)
			}
		}
		for _, s := range c.services {
			if len(s.Spec.Ports) != 1 || !open[s.Spec.Ports[0].TargetPort.String()] {
				t.Errorf("Service %s leads to %+v", s.Name, s.Spec.Ports)
			}
		}
		for _, p := range c.policies {
			for _, rule := range p.Spec.Ingress {
				if !open[rule.Ports[0].Port.String()] {
					t.Errorf("the NetworkPolicy opens %v", rule.Ports[0].Port)
				}
				if rule.Ports[0].Port.String() != "http" && len(rule.From) == 0 {
					t.Errorf("the NetworkPolicy opens %v to everyone", rule.Ports[0].Port)
				}
			}
		}
	})
}

func TestTheIngressLeadsToClientsPortsOnly(t *testing.T) {
	t.Parallel()
	eachRendering(t, func(t *testing.T, c chartOf) {
		for _, in := range c.ingresses {
			for _, rule := range in.Spec.Rules {
				if rule.Host == "" {
					t.Error("a rule for every host")
				}
				for _, path := range rule.HTTP.Paths {
					i := slices.IndexFunc(c.services, func(s corev1.Service) bool {
						return s.Name == path.Backend.Service.Name
					})
					if i < 0 || c.services[i].Spec.Ports[0].TargetPort.String() != "http" {
						t.Errorf("%s leads to %+v", rule.Host, path.Backend.Service)
					}
				}
			}
		}
	})
}

func TestPodsMeetTheRestrictedStandard(t *testing.T) {
	t.Parallel()
	eachRendering(t, func(t *testing.T, c chartOf) {
		for component, pod := range c.pods() {
			s, p := pod.Spec.Containers[0].SecurityContext, pod.Spec.SecurityContext
			if !*p.RunAsNonRoot || *p.RunAsUser == 0 || p.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault ||
				*s.AllowPrivilegeEscalation || !*s.ReadOnlyRootFilesystem || s.Privileged != nil ||
				!slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) || len(s.Capabilities.Add) > 0 {
				t.Errorf("%s: %+v, %+v", component, p, s)
			}
			if *pod.Spec.AutomountServiceAccountToken || *pod.Spec.EnableServiceLinks {
				t.Errorf("%s has a token or service links", component)
			}
			limits := pod.Spec.Containers[0].Resources.Limits
			if limits.Cpu().IsZero() || limits.Memory().IsZero() {
				t.Errorf("%s has the limits %v", component, limits)
			}
		}
		for _, a := range c.accounts {
			if *a.AutomountServiceAccountToken {
				t.Error("the ServiceAccount mounts its token")
			}
		}
	})
}

// A server takes up to 30 s to stop, and begins once preStop has ended.
func TestAPodMayTakeTheTimeThatStoppingTakes(t *testing.T) {
	t.Parallel()
	eachRendering(t, func(t *testing.T, c chartOf) {
		pod := c.pods()["server"].Spec
		sleep := pod.Containers[0].Lifecycle.PreStop.Sleep.Seconds
		if grace := *pod.TerminationGracePeriodSeconds; sleep < 1 || grace-sleep < 30 {
			t.Errorf("%d s to end, %d s of them asleep", grace, sleep)
		}
	})
}

func TestTheMigrationRunsBeforeEverythingElseExists(t *testing.T) {
	t.Parallel()
	eachRendering(t, func(t *testing.T, c chartOf) {
		for _, job := range c.jobs {
			if job.Annotations["helm.sh/hook"] != "pre-install,pre-upgrade" {
				t.Errorf("hook %q", job.Annotations["helm.sh/hook"])
			}
			pod := job.Spec.Template.Spec
			if !slices.Equal(pod.Containers[0].Args, []string{"migrate", "up"}) {
				t.Errorf("it runs %v", pod.Containers[0].Args)
			}
			for _, a := range c.accounts {
				if a.Name == pod.ServiceAccountName {
					t.Errorf("it waits for the ServiceAccount %s, which comes later", a.Name)
				}
			}
			server, migrate := envOf(c.pods()["server"]), envOf(job.Spec.Template)
			for name, value := range server {
				if migrate[name] != value {
					t.Errorf("%s is %q for the server and %q for the migration", name, value, migrate[name])
				}
			}
		}
	})
}

// The settings are those of the binary: a name or value that it refuses would show only when a pod starts.
func TestTheBinaryTakesTheSettingsOfEachPod(t *testing.T) {
	t.Parallel()
	binary := os.Getenv("TENANTGATE")
	if binary == "" {
		t.Skip("TENANTGATE names no binary: run make chart")
	}
	eachRendering(t, func(t *testing.T, c chartOf) {
		for component, pod := range c.pods() {
			mount := mountedSecrets(t, pod)
			command := exec.Command(binary, "config", "--json")
			for name, value := range envOf(pod) {
				command.Env = append(command.Env, name+"="+strings.ReplaceAll(value, "/run/secrets/tenantgate", mount))
			}
			out, err := command.Output()
			var shown struct {
				Settings []struct{ Name, Value, Source string }
				Problems []struct{ Setting, What, Fix string }
			}
			if jsonErr := json.Unmarshal(out, &shown); jsonErr != nil {
				t.Fatalf("%v in %s", jsonErr, out)
			}
			if err != nil || len(shown.Problems) > 0 || len(shown.Settings) == 0 {
				t.Errorf("%s: %v: %+v", component, err, shown.Problems)
			}
		}
	})
}

// mountedSecrets writes a pod's secrets as the kubelet would and returns the folder. It fails where the pod names a file
// that is not mounted, or mounts one that it does not name.
func mountedSecrets(t *testing.T, pod corev1.PodTemplateSpec) string {
	t.Helper()
	examples := map[string]string{
		"database-url": "postgres://tenantgate:secret@database:5432/tenantgate?sslmode=verify-full",
		"redis-url":    "rediss://:secret@redis:6379/0",
		"master-keys":  "k1:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=",
		"smtp-url":     "smtp://user:secret@mail:587?starttls=required",
	}
	dir := t.TempDir()
	source := pod.Spec.Volumes[0].Secret
	if pod.Spec.Containers[0].VolumeMounts[0].MountPath != "/run/secrets/tenantgate" || *source.DefaultMode != 0o440 {
		t.Errorf("secrets are at %+v, mode %o", pod.Spec.Containers[0].VolumeMounts[0], *source.DefaultMode)
	}
	for _, item := range source.Items {
		if examples[item.Key] == "" {
			t.Errorf("the Secret has an unknown key %s", item.Key)
		}
		if err := os.WriteFile(filepath.Join(dir, item.Path), []byte(examples[item.Key]+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files := 0
	for name := range envOf(pod) {
		if strings.HasPrefix(name, "TENANTGATE_") && strings.HasSuffix(name, "_FILE") {
			files++
		}
	}
	if files != len(source.Items) {
		t.Errorf("%d files are mounted, %d are named", len(source.Items), files)
	}
	return dir
}
