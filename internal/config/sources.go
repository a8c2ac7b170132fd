package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// maxSecretFile bounds what is read of a secret's file, so that a device or a wrong path cannot fill the memory.
const maxSecretFile = 64 << 10

// reading is one run of Load: what was found for each setting, and what is wrong.
type reading struct {
	src      Sources
	found    map[string]found
	problems []Problem
}

// found is the text of a setting and where it came from. It is not set where there is no text, not even a default.
type found struct {
	text, source string
	set          bool
}

// read finds every setting, the first source winning, and notes what no setting answers to.
func read(src Sources) *reading {
	r := &reading{src: src, found: map[string]found{}}
	layers := []layer{r.flags(), r.environment(), r.file()}
	for _, s := range Settings {
		for _, l := range layers {
			if f, ok := r.lookup(l, s); ok {
				r.found[s.Name] = f
				break
			}
		}
	}
	return r
}

// lookup reads a setting from one source: itself, or the file that holds it. A value that cannot be read is noted
// and counts as found but not set, so that a lower source does not take its place.
func (r *reading) lookup(l layer, s Setting) (found, bool) {
	text, given := r.text(l, s)
	in, can := s.InFile()
	if !can {
		return found{text, l.source(s), text != ""}, given
	}
	path, inFile := r.text(l, in)
	switch {
	case given && inFile:
		r.note(s.Name, l.source(s), "is set together with "+l.spell(in), "keep one of the two")
		return found{source: l.source(s)}, true
	case inFile:
		secret, what := readSecret(path)
		if what != "" {
			// The path is not repeated: it may be the secret itself, set under the wrong name.
			r.note(in.Name, l.source(in), what, "name a file that holds the secret and that this process may read")
		}
		return found{secret, l.source(in), secret != ""}, true
	}
	return found{text, l.source(s), text != ""}, given
}

// text returns what one source says of a setting, and whether it says anything.
func (r *reading) text(l layer, s Setting) (string, bool) {
	switch v := l.ko.Get(s.Name).(type) {
	case nil:
		return "", false
	case string:
		return v, v != ""
	case bool, int:
		return fmt.Sprint(v), true
	case []any:
		var items []string
		for _, item := range v {
			text, ok := item.(string)
			if !ok {
				r.note(s.Name, l.source(s), "is a list of something else than texts", "put each item in quotes")
				return "", true
			}
			items = append(items, text)
		}
		return strings.Join(items, ","), len(items) > 0
	default:
		r.note(s.Name, l.source(s), "is not a text", "put the value in quotes")
		return "", true
	}
}

// readSecret returns the content of a secret's file without its last line break, or what is wrong with the file.
func readSecret(path string) (text, wrong string) {
	f, err := os.Open(path)
	if err == nil {
		defer f.Close()
		var content []byte
		if content, err = io.ReadAll(io.LimitReader(f, maxSecretFile+1)); err == nil {
			text := strings.TrimRight(string(content), "\r\n")
			switch {
			case len(content) > maxSecretFile:
				return "", "names a file of more than 64 KiB"
			case text == "":
				return "", "names an empty file"
			}
			return text, ""
		}
	}
	return "", "names a file that cannot be read (" + reason(err) + ")"
}

// reason is why a file could not be used, without its path.
func reason(err error) string {
	var path *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "it does not exist"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	case errors.As(err, &path):
		return path.Err.Error()
	}
	return "unknown reason"
}
