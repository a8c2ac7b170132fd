package e2e

import (
	"os/exec"
	"strings"
	"testing"
)

// cli runs a command of the reader's in the folder of dev's data.
func (d *desk) cli(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.Command("bin/tenantgate", args...)
	cmd.Dir, cmd.Env = d.dir, d.env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("tenantgate %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// startLegacy starts what `make dev` starts, behind a front. Its tenant legacy gets a front end for wolf's mailed links, and no
// limit by address, for all come from the same one.
func startLegacy(t *testing.T) (d *desk, url, mailbox string) {
	t.Helper()
	f := startFront(t)
	d = newDesk(t, f.url)
	f.replicas = []*replica{d.dev}
	d.cli(t, "tenant", "set", legacy, "abuse.address=0", "dialects.wolf.site="+startSite(t, wolf().base(f.url, legacy)))
	return d, f.url, d.dev.url + "/dev/mailbox.json"
}

func wolf() wire { return wires[3] }

func TestClientsWrittenFromTheDocumentsAloneWorkWithDev(t *testing.T) {
	t.Parallel()
	_, url, mailbox := startLegacy(t)
	clients := startScripts(t, url, legacy, mailbox)
	// A tenant that does not speak their dialect shows that they notice what does not fit.
	for _, stranger := range startScripts(t, url, tenant, mailbox) {
		if out, err := stranger.wait(); err == nil || !strings.Contains(out, "MISMATCH") || !strings.Contains(out, "404") {
			t.Errorf("%s with a tenant that does not speak it: %v, want that its first request fails with 404:\n%s", stranger.name, err, out)
		}
	}
	allSucceed(t, clients)
}

func TestFrontendsWrittenFromTheDocumentsAloneWorkWithDevAndOnAHostOfTheTenantsOwn(t *testing.T) {
	t.Parallel()
	const (
		host   = "api.legacy.localhost"
		origin = "https://app.legacy.localhost"
	)
	d, url, mailbox := startLegacy(t)
	d.cli(t, "tenant", "domain", "add", legacy, host)
	d.cli(t, "tenant", "domain", "verify", legacy, host, "--verified")
	d.cli(t, "tenant", "set", legacy, "dialects.root=waanverse", `cors.origins=["`+origin+`"]`)
	var clients []*client
	for _, w := range wires {
		clients = append(clients, startFrontend(t, w.name, w, w.base(url, legacy), mailbox, url))
	}
	// At the root of the host that the original had, its clients need not even be told another address.
	root := "http://" + host + ":" + d.port
	clients = append(clients,
		startFrontend(t, "waanverse at the root of a host", wires[0], root, mailbox, root),
		startFrontend(t, "waanverse at the root of a host, from an app beside it", wires[0], root, mailbox, origin))
	// A site that the tenant does not trust shows that the origin counts.
	stranger := startFrontend(t, "", wires[0], root, mailbox, "https://stranger.example")
	if out, err := stranger.wait(); err == nil || !strings.Contains(out, "MISMATCH") {
		t.Errorf("from a strange site: %v, want a refusal:\n%s", err, out)
	}
	allSucceed(t, clients)
}

func TestClientsWrittenFromTheDocumentsAloneWorkBehindThreeReplicas(t *testing.T) {
	t.Parallel()
	f := startFront(t)
	traces := startCollector(t)
	w, replicas := cluster(t, with(
		"TENANTGATE_PUBLIC_URL="+f.url, "TENANTGATE_TRUSTED_PROXIES=127.0.0.1/32,::1/128", "TENANTGATE_LOG_LEVEL=debug",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="+traces.url, "OTEL_BSP_SCHEDULE_DELAY=500",
	))
	f.replicas = replicas
	args := []string{
		"tenant", "create", legacy, "--set", "signup.verify_email=after_session", "--set", "magic.signup=true",
		"--set", "abuse.address=0", "--set", "dialects.wolf.site=" + startSite(t, wolf().base(f.url, legacy)),
	}
	for _, w := range wires {
		args = append(args, "--dialect", w.name)
	}
	w.cli(args...)
	allSucceed(t, startScripts(t, f.url, legacy, mailboxOf(t, w.mails)))
	t.Run("and leave nothing secret behind", func(t *testing.T) { leavesNoTrace(t, w, f, traces) })
}
