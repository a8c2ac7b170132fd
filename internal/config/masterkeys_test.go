package config

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func dev(dataDir string, environ ...string) Sources {
	return Sources{Dev: true, Environ: append(environ, "TENANTGATE_DATA_DIR="+dataDir)}
}

func TestDevMakesItsKeyOnceForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "deep", "data")
	first := load(t, dev(dir))
	if len(first.MasterKeys) != 1 || first.MasterKeys[0].ID != "dev" || first.MasterKeys[0].Key == [32]byte{} {
		t.Fatalf("keys %v", first.MasterKeys)
	}
	path := filepath.Join(dir, "master.key")
	for name, mode := range map[string]os.FileMode{path: 0o600, dir: os.ModeDir | 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v, %v; want %v", name, info.Mode(), err, mode)
		}
	}
	if got := row(t, first, "master_keys"); got.Value != "set, hidden" || got.Source != "made in "+path {
		t.Errorf("shown as %+v", got)
	}
	again := load(t, dev(dir))
	if again.MasterKeys[0] != first.MasterKeys[0] || row(t, again, "master_keys").Source != "file "+path {
		t.Errorf("second start: %v, %+v", again.MasterKeys, row(t, again, "master_keys"))
	}
	if !first.Dev || !first.Mailbox() || first.MailFrom == nil || first.PublicURL.String() != "http://localhost:8080" {
		t.Errorf("development defaults: %+v", first)
	}
}

func TestOnlyServeRefusesTheKeyOfDev(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	made := load(t, dev(dir))
	tool := load(t, Sources{Tool: true, Environ: []string{"TENANTGATE_DATA_DIR=" + dir}})
	if tool.MasterKeys[0] != made.MasterKeys[0] {
		t.Error("a tool has another key")
	}
	if source, found := tool.DevKey(); !found || source != "file "+filepath.Join(dir, "master.key") {
		t.Errorf("the key of dev is found: %t, in %q", found, source)
	}
	if _, found := load(t, Sources{Environ: []string{keysEnv}}).DevKey(); found {
		t.Error("another key passes for that of dev")
	}
	serve := Sources{Environ: []string{"TENANTGATE_DATA_DIR=" + dir}}
	if got := fails(t, serve).Error(); !strings.Contains(got, "master_keys: is not set, and `serve` does not take") ||
		!strings.Contains(got, DevKeyFix) {
		t.Errorf("serve took the key from the data dir, or says: %s", got)
	}
	serve.Flags = map[string]string{"master-keys-file": filepath.Join(dir, "master.key")}
	if got := fails(t, serve).Error(); !strings.Contains(got, "holds the key that `tenantgate dev` made") {
		t.Errorf("got %s", got)
	}
}

func TestAGivenKeyIsUsedInDevAndNoneIsMade(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	if cfg := load(t, dev(dir, keysEnv)); cfg.MasterKeys[0].ID != "k1" {
		t.Errorf("keys %v", cfg.MasterKeys)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the data dir was made: %v", err)
	}
}

func TestNothingIsMadeWhereSettingsAreWrongOrByOthersThanDev(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	fails(t, dev(dir, "TENANTGATE_LOG_LEVEL=loud"))
	fails(t, Sources{Tool: true, Environ: []string{"TENANTGATE_DATA_DIR=" + dir}})
	load(t, Sources{Environ: []string{"TENANTGATE_DATA_DIR=" + dir, keysEnv}})
	if rows, err := Explain(dev(dir)); err != nil || len(rows) != len(Settings) {
		t.Errorf("Explain = %v, %v", rows, err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the data dir was made: %v", err)
	}
}

func TestAKeyThatIsGoneOrDamagedIsNeverReplaced(t *testing.T) { // KEY-04
	t.Parallel()
	const fix = "put the file back, or begin anew with another --data-dir"
	for name, tt := range map[string]struct{ file, text, want string }{
		"gone, with a database": {"tenantgate.db", "x", "does not exist, but a database that needs it does; " + fix},
		"empty":                 {"master.key", "", "names an empty file; " + fix},
		"damaged":               {"master.key", "dev:AAAA", "entry 1 has a key of 3 bytes instead of 32; " + fix},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, tt.file)
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			want := "master_keys (file " + filepath.Join(dir, "master.key") + "): " + tt.want
			if got := fails(t, dev(dir)).Error(); got != want {
				t.Errorf("got %s\nwant %s", got, want)
			}
			entries, err := os.ReadDir(dir)
			if text, _ := os.ReadFile(path); err != nil || len(entries) != 1 || string(text) != tt.text {
				t.Errorf("the data dir changed: %v, %q, %v", entries, text, err)
			}
		})
	}
}

func TestADataDirThatCannotHoldTheKeyIsNamed(t *testing.T) {
	t.Parallel()
	file := write(t, "file", "")
	want := "data_dir (environment TENANTGATE_DATA_DIR): cannot hold the master key (not a directory); name a folder"
	if got := fails(t, dev(filepath.Join(file, "data"))).Error(); !strings.HasPrefix(got, want) {
		t.Errorf("got %s", got)
	}
}

func FuzzMasterKeysReadBackAsTheyAreWritten(f *testing.F) {
	for _, text := range []string{
		"k1:" + testKey('a'), "k2:" + testKey('b') + " ,\nk1:" + testKey('a'), "k1:" + testKey('a') + ",", ":", ",,",
		"k1:" + testKey(0), "k1:AAAA", "k 1:" + testKey('a'), "k1:" + testKey('a') + ",k1:" + testKey('a'),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		keys, bad := parseMasterKeys(text)
		if len(keys)+len(bad) != strings.Count(text, ",")+1 {
			t.Errorf("%d keys and %d wrong ones of %q", len(keys), len(bad), text)
		}
		var written []string
		ids := map[string]bool{}
		for _, key := range keys {
			ids[key.ID] = true
			written = append(written, key.ID+":"+base64.StdEncoding.EncodeToString(key.Key[:]))
		}
		if len(ids) != len(keys) {
			t.Errorf("ids of %q are not distinct", text)
		}
		var items []string
		for item := range strings.SplitSeq(text, ",") {
			items = append(items, strings.TrimSpace(item))
		}
		if len(bad) == 0 && strings.Join(items, ",") != strings.Join(written, ",") {
			t.Errorf("%q is taken for %q", text, written)
		}
		for _, w := range bad {
			for _, item := range items {
				if _, key, _ := strings.Cut(item, ":"); len(key) >= 16 && strings.Contains(w.what, key) {
					t.Errorf("%q repeats a key", w.what)
				}
			}
		}
	})
}
