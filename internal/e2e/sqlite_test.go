package e2e

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// smallDisk mounts a file system of 8 MB for the length of the test. Where the machine forbids it there is none.
func smallDisk(t *testing.T) (string, bool) {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Logf("mount: %v: %s", err, out)
		return dir, false
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "--lazy", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return dir, true
}

// OPS-07.
func TestAFullDiskIsRefusedCleanlyAndRecoveredFromByItself(t *testing.T) {
	t.Parallel()
	dir, mounted := smallDisk(t)
	if !mounted {
		t.Log("no small file system can be mounted here: a limit on the size of files takes its place")
	}
	file := filepath.Join(dir, "data", "tenantgate.db")
	w := newWorld(t, onDatabase("sqlite://"+file, ""))
	w.createTenant("fast", "signup.verify_email=off")
	ballast := filepath.Join(dir, "ballast")
	r := w.prepare()
	if mounted {
		if err := os.WriteFile(ballast, make([]byte, 6<<20), 0o600); err != nil {
			t.Fatal(err)
		}
	} else {
		limitFiles(r, file)
	}
	if err := r.start(); err != nil {
		t.Fatal(err)
	}
	a := r.tenant("fast")

	var made []answer
	for n := 0; ; n++ {
		if n == 5000 {
			t.Fatal("the disk does not fill")
		}
		got, err := a.signup(fmt.Sprintf("p%d@x.test", n), password)
		if err != nil {
			t.Fatal(err)
		}
		if got.Status != 201 {
			if got.Status != 503 || got.Header.Get("Retry-After") == "" || strings.Contains(string(got.Raw), "disk") {
				t.Errorf("a sign-up on a full disk: %s, want 503 with Retry-After", got)
			}
			break
		}
		made = append(made, got)
	}
	t.Logf("full after %d sign-ups", len(made))
	for range 5 {
		if got := ask(a.signup("more@x.test", password)); got.Status != 503 && got.Status != 201 {
			t.Errorf("a further sign-up: %s", got)
		}
		expect(t, 200)(a.me(made[0].AccessToken))
	}

	if mounted {
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
	} else {
		unlimitFiles(t, r)
	}
	eventually(t, 15*time.Second, "sign-ups go on", func() bool {
		return ask(a.signup(fmt.Sprintf("later%d@x.test", time.Now().UnixNano()), password)).Status == 201
	})
	for n, got := range made {
		if n%10 != 0 && n != len(made)-1 {
			continue
		}
		if again := ask(a.login(fmt.Sprintf("p%d@x.test", n), password)); again.Status != 200 {
			t.Errorf("user %d, acknowledged with %s: %s", n, got, again)
		}
	}
	if _, code, err := r.stop(30 * time.Second); err != nil || code != 0 {
		t.Errorf("stop: exit code %d, %v", code, err)
	}
	db := must(sql.Open("sqlite", file))(t)
	defer db.Close()
	var verdict string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity check: %s, %v", verdict, err)
	}
	var half int
	err := db.QueryRow(`SELECT count(*) FROM users u WHERE NOT EXISTS
		(SELECT 1 FROM password_credentials p WHERE p.user_id = u.id)`).Scan(&half)
	if err != nil || half != 0 {
		t.Errorf("%d half users, %v", half, err)
	}
}

// limitFiles lets no file of the process grow much beyond the database as it is.
func limitFiles(r *replica, file string) {
	size := int64(0)
	if info, err := os.Stat(file); err == nil {
		size = info.Size()
	}
	limit := (size + 2<<20) / 1024
	r.args = append([]string{"-c", fmt.Sprintf(`ulimit -S -f %d; exec "$0" "$@"`, limit), r.binary}, r.args...)
	r.binary = "bash"
}

// unlimitFiles lifts the limit of the running process.
func unlimitFiles(t *testing.T, r *replica) {
	t.Helper()
	out, err := exec.Command("prlimit", "--pid", fmt.Sprint(r.cmd.Process.Pid), "--fsize=unlimited").CombinedOutput()
	if err != nil {
		t.Fatalf("lift the limit: %v: %s", err, out)
	}
}
