package password

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// codes returns the codes of a check, and fails for a field without a name or a message.
func codes(t *testing.T, policy Policy, password string) []string {
	t.Helper()
	var out []string
	for _, f := range Check(policy, password) {
		if f.Field != "password" || !strings.HasSuffix(f.Message, ".") || f.Code == "" {
			t.Errorf("Check(%q) gives an incomplete field: %+v", password, f)
		}
		out = append(out, f.Code)
	}
	return out
}

func TestThePolicyRefusesWhatIsGuessedFirstAndNothingElse(t *testing.T) {
	t.Parallel()
	own := []string{"Acme Corp", "alice.smith@example.com", "alice99"}
	withoutMFA := Policy{MinLength: 15, Context: own}
	withMFA := Policy{MinLength: 8, Context: own}
	for name, c := range map[string]struct {
		policy   Policy
		password string
		want     []string
	}{
		"14 characters without MFA":   {withoutMFA, "kvertiglompuja", []string{TooShort}},
		"15 characters without MFA":   {withoutMFA, "kvertiglompujan", nil},
		"7 characters with MFA":       {withMFA, "kvertig", []string{TooShort}},
		"8 characters with MFA":       {withMFA, "kvertigl", nil},
		"7 emoji with MFA":            {withMFA, strings.Repeat("😀🎈🍀", 3)[:28], []string{TooShort}},
		"decomposed characters":       {withMFA, strings.Repeat("ke\u0301", 3) + "e\u0301", []string{TooShort}},
		"nothing":                     {Policy{}, "", []string{TooShort}},
		"257 characters":              {withMFA, strings.Repeat("kvertigl", 40), []string{TooLong}},
		"a tab":                       {withMFA, "kvertigl\tompuja", []string{InvalidCharacters}},
		"passphrase of 20":            {withoutMFA, "harbour quilt remedy", nil},
		"passphrase without blanks":   {withoutMFA, "harbourquiltremedyxy", nil},
		"the famous passphrase":       {withoutMFA, "correct horse battery staple", nil},
		"three listed words":          {withoutMFA, "monkey sunshine dragon", nil},
		"lower case at random":        {withMFA, "xkvqwmzt", nil},
		"digits at random":            {withMFA, "83629475", nil},
		"signs at random":             {withMFA, "&%?$(=/§", nil},
		"korean":                      {withMFA, "고양이랑산책하기", nil},
		"one letter":                  {withoutMFA, strings.Repeat("a", 15), []string{TooPredictable}},
		"one letter, 200 times":       {withoutMFA, strings.Repeat("a", 200), []string{TooPredictable}},
		"three letters again":         {withoutMFA, "xkvxkvxkvxkvxkvxk", []string{TooPredictable}},
		"two runs":                    {withMFA, "aaaabbbb", []string{TooPredictable}},
		"counting":                    {withMFA, "12345678", []string{TooPredictable}},
		"counting down":               {withMFA, "987654321", []string{TooPredictable}},
		"the alphabet":                {withoutMFA, "abcdefghijklmnopq", []string{TooPredictable}},
		"cyrillic alphabet":           {withMFA, "абвгдежз", []string{TooPredictable}},
		"a row of keys":               {withMFA, "yuiop[]a", []string{TooPredictable}},
		"columns of keys":             {withoutMFA, "1qaz2wsx3edc4rfv", []string{TooPredictable}},
		"columns, then capitals":      {withoutMFA, "1qaz2wsx!QAZ@WSX", []string{TooPredictable}},
		"a birthday":                  {withMFA, "25121990", []string{TooPredictable}},
		"listed":                      {withMFA, "sunshine", []string{TooCommon}},
		"listed and short":            {withoutMFA, "sunshine", []string{TooShort, TooCommon}},
		"a word and short":            {withoutMFA, "constitution", []string{TooShort}},
		"capitals":                    {withMFA, "SunShine", []string{TooCommon}},
		"year":                        {withMFA, "sunshine2024", []string{TooCommon}},
		"year and sign":               {withMFA, "Sunshine2024!", []string{TooCommon}},
		"digits":                      {withMFA, "sunshine123456", []string{TooCommon}},
		"birthday":                    {withMFA, "sunshine25121990", []string{TooCommon}},
		"leet":                        {withMFA, "p@$$w0rd", []string{TooCommon}},
		"leet with a digit for i":     {withMFA, "pr1nc355", []string{TooCommon}},
		"accents":                     {withMFA, "pässwörd", []string{TooCommon}},
		"full width":                  {withMFA, "ｐａｓｓｗｏｒｄ", []string{TooCommon}},
		"backwards":                   {withMFA, "drowssap1", []string{TooCommon}},
		"in front":                    {withMFA, "123sunshine", []string{TooCommon}},
		"twice":                       {withoutMFA, "sunshinesunshine", []string{TooCommon}},
		"over and over":               {withoutMFA, "sunshine1sunshine1sunshine1", []string{TooCommon}},
		"two listed words":            {withoutMFA, "sunshinepassword", []string{TooCommon}},
		"two listed words and a year": {withoutMFA, "sunshinedragon1984", []string{TooCommon}},
		"three phrases":               {withoutMFA, "letmeinletmeinletmein", []string{TooCommon}},
		"not english":                 {withMFA, "пароль123", []string{TooCommon}},
		"tenant":                      {withMFA, "acmecorp", []string{ContainsContext}},
		"tenant as written":           {withMFA, "Acme Corp", []string{ContainsContext}},
		"tenant and year":             {withMFA, "Acme2025", []string{ContainsContext}},
		"tenant, year and sign":       {withoutMFA, "Acme-Corp-2025!", []string{ContainsContext}},
		"tenant in leet":              {withMFA, "@cm3c0rp2025", []string{ContainsContext}},
		"tenant and listed word":      {withMFA, "acmepassword1", []string{ContainsContext}},
		"tenant over and over":        {withoutMFA, "acmeacmeacmeacme", []string{ContainsContext}},
		"address":                     {withoutMFA, "alice.smith@example.com", []string{ContainsContext}},
		"local part":                  {withMFA, "AliceSmith", []string{ContainsContext}},
		"part of the local part":      {withMFA, "smith1984", []string{ContainsContext}},
		"domain":                      {withMFA, "example2024", []string{ContainsContext}},
		"username":                    {withMFA, "alice99!!", []string{ContainsContext}},
		"username and short":          {withoutMFA, "alice99", []string{TooShort, ContainsContext}},
		"tenant in a passphrase":      {withoutMFA, "acme harbour quilt remedy", nil},
		"tenant in another script":    {Policy{MinLength: 8, Context: []string{"Ромашка"}}, "ромашка2026", []string{ContainsContext}},
		"tenant with hyphens":         {Policy{MinLength: 8, Context: []string{"North Wind"}}, "North-Wind-2026!", []string{ContainsContext}},
		"tenant twice and year":       {withMFA, "AcmeAcme2026", []string{ContainsContext}},
		"tenant backwards":            {withMFA, "emca2026", []string{ContainsContext}},
		"this product":                {withMFA, "tenantgate2026", []string{TooCommon}},
		"russian keys":                {withMFA, "йцукенгшщзхъ", []string{TooPredictable}},
		"hindi":                       {withMFA, "नीलाकुआँघर", nil},
		"hyphens and digits":          {withoutMFA, "quiet-harbour-lantern-42", nil},
		"three words":                 {withoutMFA, "otter carries lanterns", nil},
		"four words":                  {withoutMFA, "violet harbour seven kettles", nil},
		"five words":                  {withoutMFA, "copper lantern under nine hills", nil},
		"context of another":          {Policy{MinLength: 8}, "globexus-kv", nil},
	} {
		t.Run("PWD-05 "+name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, codes(t, c.policy, c.password)); diff != "" {
				t.Errorf("%q: %s", c.password, diff)
			}
		})
	}
}

// What public lists of the most frequent passwords begin with, of eight characters and more.
func TestTheMostFrequentPasswordsAreRefused(t *testing.T) { // PWD-05
	t.Parallel()
	for _, password := range strings.Fields(`password 123456789 12345678 1234567890 qwerty123 password1 iloveyou
		11111111 123123123 qwertyuiop 00000000 sunshine football princess baseball trustno1 superman 1q2w3e4r
		1qaz2wsx password123 1234qwer qwer1234 jennifer michelle computer starwars whatever 88888888 zaq12wsx
		qwerty12 asdfghjkl asdf1234 abcd1234 passw0rd P@ssw0rd welcome1 Welcome123 admin123 letmein1 charlie1
		87654321 147258369 741852963 789456123 1122334455 liverpool manchester chocolate butterfly
		pokemon1 master123 monkey123 dragon123 abc12345 a1b2c3d4 q1w2e3r4 1q2w3e4r5t 12341234 11223344 12344321
		blink182 rush2112 cocacola spiderman samantha victoria mercedes corvette bigdaddy elizabeth alexander
		nicholas metallica slipknot snowboard playstation internet qwertyui qazwsxedc asdfasdf aaaaaaaa
		qweasdzxc qwe123qwe asdasdasd zxcvbnm1 iloveyou1 iloveyou2 babygirl1 football1 princess1 Summer2024
		Winter2023! Spring2025 changeme changeme1 default1 test1234 testtest password! Password1! Passw0rd!
		administrator 1234567891 0987654321 9876543210 0123456789 lovelove fuckyou1 motherfucker secret123
		Qwerty123! Aa123456 Abc123456 Aa123456789 a123456789 abc123456 123456abc 123456aa 1a2b3c4d qazwsx123`) {
		if got := codes(t, Policy{MinLength: 8}, password); got == nil {
			t.Errorf("%q passes", password)
		}
	}
}

func TestAStrangersContextIsBounded(t *testing.T) {
	t.Parallel()
	hostile := []string{
		strings.Repeat("ab.", 100_000), strings.Repeat("abc def ", 100), "", "@", "a@", "@b", "a@.", "\xff",
	}
	if n := len(contextWords(hostile)); n > maxContextWords {
		t.Errorf("%d words of context", n)
	}
	if got := codes(t, Policy{MinLength: 8, Context: hostile}, "harbourquilt"); got != nil {
		t.Errorf("Check = %v", got)
	}
}

func TestAContextWordOfOneOrTwoLettersRefusesNothing(t *testing.T) {
	t.Parallel()
	if got := codes(t, Policy{MinLength: 8, Context: []string{"k", "v@e.rt"}}, "kvertigl"); got != nil {
		t.Errorf("Check = %v", got)
	}
}

func FuzzCheckNamesWhatIsWrong(f *testing.F) {
	f.Add("sunshine2024", "alice@example.com", 8)
	f.Add("\xff", "\xff", -1)
	f.Add(strings.Repeat("ﷺ", 256), "", 15)
	f.Fuzz(func(t *testing.T, password, name string, least int) {
		got := codes(t, Policy{MinLength: least, Context: []string{name}}, password)
		normal, err := Normalize(password)
		if err == nil && utf8.RuneCountInString(normal) < least && !slices.Contains(got, TooShort) {
			t.Errorf("Check(%q) = %v with at least %d characters", password, got, least)
		}
		if err != nil && len(got) == 0 {
			t.Errorf("Check(%q) passes what Normalize refuses", password)
		}
	})
}
