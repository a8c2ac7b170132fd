package config

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// devKeyID names the key that dev makes. serve refuses it, so that what began on a laptop does not become the key
// of a service.
const devKeyID = "dev"

// keyID is what may name a master key.
var keyID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$`)

const (
	keyForm = "write id:KEY, where KEY is the output of `openssl rand -base64 32`"
	needKey = "set TENANTGATE_MASTER_KEYS, or the file of --master-keys-file, to id:KEY, where KEY is the output of " +
		"`openssl rand -base64 32`; to try it out, run `tenantgate dev`"
	needDataDir = "name the folder of the server in TENANTGATE_DATA_DIR or with --data-dir; where no `tenantgate dev` made one, " +
		"set TENANTGATE_MASTER_KEYS or --master-keys-file, as for the server"
	otherKey = "make a key of your own with `openssl rand -base64 32`, under another id"
	// A damaged key is put back rather than made again: what it wrapped would be lost.
	restoreKey = "put the file back, or begin anew with another --data-dir"
)

// DevKeyFix says what to do where only the key of dev is at hand, for a server that is none of dev.
const DevKeyFix = "give `serve` a data dir of its own, and a key in TENANTGATE_MASTER_KEYS or the file of " +
	"--master-keys-file: id:KEY, where KEY is the output of `openssl rand -base64 32`; to try it out, run `tenantgate dev`"

// DevKey returns where the master key that `tenantgate dev` made came from, and whether it is among the master keys.
// `tenantgate serve` refuses it.
func (c *Config) DevKey() (source string, found bool) {
	isDev := func(k MasterKey) bool { return k.ID == devKeyID }
	isKeys := func(r Row) bool { return r.Name == "master_keys" }
	if at := slices.IndexFunc(c.rows, isKeys); at >= 0 && slices.ContainsFunc(c.MasterKeys, isDev) {
		return c.rows[at].Source, true
	}
	return "", false
}

// masterKeys reads the master keys. In dev none is found before the key has been made.
func (r *reading) masterKeys(dataDir string) []MasterKey {
	const name = "master_keys"
	own := !r.missing(name)
	if !own && (r.src.Dev || r.src.Tool) {
		r.findDevKey(dataDir)
	}
	if r.missing(name) {
		switch {
		case r.src.Dev:
		case dataDir != "" && exists(devKeyPath(dataDir)):
			r.note(name, fromDefault, "is not set, and `serve` does not take the development key of the data dir", DevKeyFix)
		case r.src.Tool && dataDir != "" && r.source("database_url") == fromDefault && !exists(dataDir):
			r.note("data_dir", r.source("data_dir"), "is "+strconv.QuoteToASCII(absolute(dataDir))+
				", which does not exist, and master_keys is not set", needDataDir)
		default:
			r.note(name, fromDefault, "is not set", needKey)
		}
		return nil
	}
	f := r.found[name]
	if !f.set {
		return nil // what is wrong with its file has been said
	}
	keys, bad := parseMasterKeys(f.text)
	for _, w := range bad {
		if !own {
			w.fix = restoreKey
		}
		r.note(name, f.source, w.what, w.fix)
	}
	for _, key := range keys {
		if key.ID == devKeyID && !r.src.Dev && !r.src.Tool {
			r.note(name, f.source, "holds the key that `tenantgate dev` made", otherKey)
		}
	}
	return keys
}

// parseMasterKeys reads id:base64 pairs, comma-separated, with blanks around them, and says what is wrong with each of
// the others. It repeats nothing but ids, and an id only once it has the shape of one.
func parseMasterKeys(text string) (keys []MasterKey, bad []wrong) {
	seen := map[string]bool{}
	for i, item := range strings.Split(text, ",") {
		entry := fmt.Sprintf("entry %d ", i+1)
		id, encoded, ok := strings.Cut(strings.TrimSpace(item), ":")
		if !ok {
			bad = append(bad, wrong{entry + "has no colon between id and key", keyForm})
			continue
		}
		if !keyID.MatchString(id) {
			bad = append(bad, wrong{
				entry + "has an id that is not 1 to 32 letters, digits and . _ -",
				keyForm,
			})
			continue
		}
		key, err := base64.StdEncoding.DecodeString(encoded)
		switch {
		// Encoded again, since the decoder skips line breaks and loose bits.
		case err != nil || base64.StdEncoding.EncodeToString(key) != encoded:
			bad = append(bad, wrong{entry + "has a key that is not base64", keyForm})
		case len(key) != 32:
			bad = append(bad, wrong{fmt.Sprintf("%shas a key of %d bytes instead of 32", entry, len(key)), keyForm})
		case [32]byte(key) == [32]byte{}:
			bad = append(bad, wrong{entry + "has a key of zeros", keyForm})
		case seen[id]:
			bad = append(bad, wrong{
				fmt.Sprintf("%shas the id %q of an earlier one", entry, id),
				"give each key an id of its own, and keep the ids of keys in use",
			})
		default:
			seen[id] = true
			keys = append(keys, MasterKey{ID: id, Key: [32]byte(key)})
		}
	}
	return keys, bad
}

// exists reports whether there is a file, or may be one in a folder that cannot be looked into.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil || errors.Is(err, fs.ErrPermission)
}

// absolute is a path as other folders name it, for a message.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

func devKeyPath(dataDir string) string { return filepath.Join(dataDir, "master.key") }

// findDevKey takes the key that an earlier dev made. A key file that cannot be used is a problem and never replaced,
// since what it wrapped would be lost.
func (r *reading) findDevKey(dataDir string) {
	if dataDir == "" {
		return // what is wrong with it has been said
	}
	const name = "master_keys"
	path := devKeyPath(dataDir)
	source := "file " + path
	// A data dir that cannot be one is noted where the key is made.
	if !exists(path) {
		return
	}
	text, what := readSecret(path)
	if what != "" {
		r.note(name, source, what, restoreKey)
		r.found[name] = found{source: source}
		return
	}
	r.derive(name, text, source)
}

// makeDevKey makes the key of dev, with the data dir. A problem is noted.
func (r *reading) makeDevKey(cfg *Config) {
	path := devKeyPath(cfg.DataDir)
	if cfg.Database.Scheme == SQLite {
		if _, err := os.Stat(cfg.Database.Path); err == nil {
			r.note("master_keys", "file "+path, "does not exist, but a database that needs it does",
				restoreKey)
			return
		}
	}
	key := MasterKey{ID: devKeyID}
	_, _ = rand.Read(key.Key[:]) // never fails
	text := key.ID + ":" + base64.StdEncoding.EncodeToString(key.Key[:])
	if err := writeNew(path, text+"\n"); err != nil {
		r.note("data_dir", r.source("data_dir"), "cannot hold the master key ("+reason(err)+")",
			"name a folder that this process may write to")
		return
	}
	cfg.MasterKeys = []MasterKey{key}
	r.derive("master_keys", text, "made in "+path)
}

// writeNew writes a file for its owner only, with its folder. It never replaces one: of two processes that begin
// together, the second fails rather than wrap under a key that is gone.
func writeNew(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		_ = os.Remove(path)
	}
	return err
}
