package mail

import (
	"strings"
	"testing"
)

func TestEveryFactorIsNamedInSubjectAndBothParts(t *testing.T) {
	t.Parallel()
	for _, kind := range []Kind{FactorAdded, FactorRemoved} {
		for _, factor := range factors {
			d := full(kind)
			d.Factor = factor
			m, err := Render(kind, d)
			if err != nil {
				t.Fatal(err)
			}
			for part, text := range map[string]string{"subject": m.Subject, "text": m.Text, "HTML": m.HTML} {
				for _, other := range factors {
					lower := strings.ToLower(text)
					named := strings.Contains(lower, other+" was ") || strings.Contains(lower, other+" were ")
					if named != (other == factor) {
						t.Errorf("%s of %s: %s names %s: %v", kind, factor, part, other, named)
					}
				}
			}
		}
	}
}

func TestAMailSaysHowManyRecoveryCodesAreLeft(t *testing.T) {
	t.Parallel()
	for left, want := range map[int]string{
		0: "It was the last one, and none is left: make new recovery codes.",
		1: "One recovery code is left: make new ones soon.",
		2: "2 recovery codes are left.",
		9: "9 recovery codes are left.",
	} {
		d := full(RecoveryCodeUsed)
		d.Left = left
		m, err := Render(RecoveryCodeUsed, d)
		if err != nil {
			t.Fatal(err)
		}
		for part, text := range map[string]string{"text": m.Text, "HTML": m.HTML} {
			if !strings.Contains(text, want) {
				t.Errorf("%d left: the %s does not say %q:\n%s", left, part, want, text)
			}
		}
	}
}
