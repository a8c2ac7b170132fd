package password

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"
	"github.com/trustelem/zxcvbn/frequency"
)

func TestALeakedPasswordIsRefusedInWhateverDisguise(t *testing.T) { // PWD-05
	t.Parallel()
	leaked := frequency.FrequencyLists["passwords"]
	if len(leaked) < 30_000 {
		t.Fatalf("%d leaked passwords", len(leaked))
	}
	disguises := map[string]func(string) string{
		"as listed": func(p string) string { return p },
		"capitals":  strings.ToUpper,
		"backwards": func(p string) string { r := []rune(p); slices.Reverse(r); return string(r) },
		"leet": func(p string) string {
			if strings.ContainsAny(p, "0123456789") {
				return p // the library takes a digit for the same letter throughout
			}
			return strings.NewReplacer("a", "@", "e", "3", "o", "0", "s", "$").Replace(p)
		},
		"width": func(p string) string {
			return strings.Map(func(r rune) rune {
				if r > ' ' && r < utf8.RuneSelf {
					return r - '!' + '！'
				}
				return r
			}, p)
		},
		"twice": func(p string) string { return p + p },
	}
	for name, disguise := range disguises {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Every so many: all of them take a while, and the look-up is the same.
			for i := 0; i < len(leaked); i += 41 {
				if got := Check(Policy{}, disguise(leaked[i])); len(got) == 0 {
					t.Errorf("%q passes", disguise(leaked[i]))
				}
			}
		})
	}
}

func TestTheMessageNamesWhatWeighsMost(t *testing.T) {
	t.Parallel()
	policy := Policy{MinLength: 4, Context: []string{"Acme Corp"}}
	for password, want := range map[string]reason{
		"gfhjkm":           isLeaked,
		"пароль":           isLeaked,
		"Trustno1!":        isLeaked,
		"letmeinletmein":   isLeaked,
		"constitution1":    isWord,
		"Rodriguez7":       isName,
		"acme2026":         isContext,
		"acme-trustno1":    isContext,
		"2026":             isDate,
		"24.12.1987":       isDate,
		"gggggggggggg":     isRepeat,
		"xkvxkvxkv":        isRepeat,
		"여여여여여여여여":         isRepeat,
		"23456789":         isSequence,
		"абвгдежзий":       isSequence,
		"αβγδεζηθικλμνξοπ": isSequence,
		"hgfdsa":           isWalk,
		"!QAZ@WSX":         isWalk,
		"asdfasdfasdf":     isWalk,
		"kv7t":             tooFew,
	} {
		got := Check(policy, password)
		if len(got) != 1 || got[0].Message != want.message() || got[0].Code != want.code() {
			t.Errorf("Check(%q) = %+v, want %q", password, got, want.message())
		}
	}
}

func TestTheScoreIsTheLibrarysAndAgreesWithTheCheck(t *testing.T) {
	t.Parallel()
	policy := Policy{MinLength: 8, Context: []string{"Acme Corp", "alice.smith@example.com"}}
	for password, want := range map[string]int{
		"":                           0,
		"a\tb":                       0,
		"password":                   0,
		"Acme Corp":                  0,
		"sunshine123456":             1,
		"Winter2026!":                1, // 2 by the library, which counts on attackers who keep an order
		"Acme-Corp-2026!":            1, // 4 likewise
		"harbourquilt":               2,
		"kvertigl":                   2,
		"kvertiglo":                  3,
		"harbour quilt":              3,
		"otter carries lanterns":     4,
		strings.Repeat("kv7t", 12):   1,
		strings.Repeat("k?vt 9m", 6): 2,
	} {
		if got := Score(policy, password); got != want {
			t.Errorf("Score(%q) = %d, want %d", password, got, want)
		}
	}
	for _, password := range []string{
		"kvertigl", "harbourquilt", "globexus-kv", "harbour quilt", "correct horse battery staple", "qwerty", "dragon7",
	} {
		if got, want := Score(policy, password), zxcvbn.PasswordStrength(password, nil).Score; got != want {
			t.Errorf("Score(%q) = %d, the library says %d", password, got, want)
		}
	}
}

func TestManyChecksAtATimeSayTheSame(t *testing.T) {
	t.Parallel()
	policy := Policy{MinLength: 8, Context: []string{"Acme Corp", "smith@example.com"}}
	var group sync.WaitGroup
	for _, password := range []string{"smith2026", "P@$$w0rd1987", "acmeacme!", "Summer2026!", "йцукенйцукен", "11223344"} {
		want := fmt.Sprint(Check(policy, password), Score(policy, password))
		for range 4 {
			group.Go(func() {
				for range 10 {
					if got := fmt.Sprint(Check(policy, password), Score(policy, password)); got != want {
						t.Errorf("%q: %s, then %s", password, want, got)
					}
				}
			})
		}
	}
	group.Wait()
}

func TestMixedSignsCostLittle(t *testing.T) {
	t.Parallel()
	all := strings.Join(leetClasses, "")
	if !manyReadings(all) || manyReadings(fewerSigns.Replace(all)) {
		t.Error("signs are not reduced")
	}
	for _, text := range readings(strings.Repeat("ﷺ"+all, 9)) {
		if len(text) > maxWeighed {
			t.Errorf("%d bytes are weighed", len(text))
		}
	}
	if mixed := "@cme{[!1$5"; !manyReadings(mixed) || !weigh(mixed, []string{mixed}).weak() {
		t.Error("a context word is lost among mixed signs")
	}
}

func TestWhatIsListedTooIsFolded(t *testing.T) {
	t.Parallel()
	for _, word := range listedToo() {
		if fold(word) != word || len(word) < minWord {
			t.Errorf("%q can never be found", word)
		}
	}
	if len(typedSigns) != len(keySigns) {
		t.Errorf("%d characters on %d keys", len(typedSigns), len(keySigns))
	}
}

func FuzzTheLibraryTakesWhateverIsWeighed(f *testing.F) {
	f.Add("aabaab\x0e\x0f\x10", "a.b@c")
	f.Add(strings.Repeat("4@8({[<3691!|705$+%2", 3), "\xff")
	f.Add("ßﬁ\u0301\u2028İ", "İ")
	f.Fuzz(func(t *testing.T, password, name string) {
		normal, err := Normalize(password)
		if err != nil {
			return
		}
		for _, text := range append(readings(normal), contextWords([]string{name})...) {
			if strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) {
				t.Errorf("%q is weighed", text)
			}
		}
		policy := Policy{Context: []string{name}}
		score, refused := Score(policy, password), weakest(normal, policy.Context)
		if score < 0 || score > 4 || (score < 2) != refused.weak() {
			t.Errorf("Score(%q) = %d of %v guesses", password, score, refused.guesses)
		}
		for _, field := range Check(policy, password) {
			if field.Code != TooShort && field.Message != refused.reason().message() {
				t.Errorf("Check(%q) says %q", password, field.Message)
			}
		}
	})
}
