package ids

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

func TestAnIDReadsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, id := range []uuid.UUID{{}, uuid.Max, New(), NewUnguessable()} {
		text := Format(User, id)
		if len(text) != len("usr_")+textLen {
			t.Errorf("Format(%v) = %q, %d characters", id, text, len(text))
		}
		if back, ok := Parse(User, text); !ok || back != id {
			t.Errorf("Parse(%q) = %v, %v; want %v", text, back, ok, id)
		}
	}
}

func TestIDsSortAsTheyWereMade(t *testing.T) {
	t.Parallel()
	texts := make([]string, 0, 100)
	for range 100 {
		texts = append(texts, Format(Event, New()))
	}
	if !slices.IsSorted(texts) {
		t.Errorf("not sorted: %v", texts)
	}
}

func FuzzParseAcceptsOnlyWhatFormatWrites(f *testing.F) {
	f.Add(Format(User, New()))
	f.Add("usr_")
	f.Add("usr_zzzzzzzzzzzzzzzzzzzzzzzzzz")
	f.Add(strings.ToUpper(Format(User, New())))
	f.Add("usr_00000\r00000000000000000000")
	f.Fuzz(func(t *testing.T, text string) {
		if id, ok := Parse(User, text); ok && Format(User, id) != text {
			t.Errorf("Parse(%q) accepts another spelling of %q", text, Format(User, id))
		}
	})
}
