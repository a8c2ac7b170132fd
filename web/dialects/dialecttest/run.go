package dialecttest

import (
	"testing"

	"github.com/tenantgate/tenantgate/web/webtest"
)

// Run plays what every dialect must do over a wire, as subtests that are sentences. What a wire has no words for is left out.
func Run(t *testing.T, d Driver) {
	t.Helper()
	for _, c := range cases(d) {
		if !c.applies {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.play(Enable(t, webtest.New(t), d))
		})
	}
	raced(t, d)
}

// play is a test over an environment of its own.
type play struct {
	name    string
	applies bool
	play    func(*Wire)
}

func cases(d Driver) []play {
	var out []play
	for _, part := range []func(Driver) []play{journeys, factorCases, envelopes, strangers, mailed} {
		out = append(out, part(d)...)
	}
	return out
}
