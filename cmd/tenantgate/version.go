package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
)

type versionCommand struct{}

// build says which binary this is.
type build struct {
	Version string `json:"version"`
	Go      string `json:"go"`
	Commit  string `json:"commit"` // "unknown" outside of version control, "+changes" where it had some
}

// Run shows the version.
func (*versionCommand) Run(sh *shell) error {
	b := thisBuild()
	return sh.print(b, func(w io.Writer) {
		fmt.Fprintf(w, "tenantgate %s (%s, commit %s)\n", b.Version, b.Go, b.Commit)
	})
}

func thisBuild() build {
	b := build{version, runtime.Version(), "unknown"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	changed := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			b.Commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+changes"
		}
	}
	b.Commit += changed
	return b
}
