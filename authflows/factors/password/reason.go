package password

import (
	"slices"

	"github.com/trustelem/zxcvbn/match"
)

// reason is what makes a password easy to guess, the more telling ones last.
type reason int

const (
	tooFew reason = iota
	isDate
	isSequence
	isRepeat
	isWalk
	isWord
	isName
	isLeaked
	isContext
)

func (r reason) code() string {
	switch {
	case r == isContext:
		return ContainsContext
	case r >= isWord:
		return TooCommon
	default:
		return TooPredictable
	}
}

func (r reason) message() string {
	return [...]string{
		tooFew:     "So few characters are soon guessed. Use several unrelated words.",
		isDate:     "Dates and years are guessed first. Use several unrelated words.",
		isSequence: "Letters and digits in their order are guessed first. Use several unrelated words.",
		isRepeat:   "Repeated characters and groups of them are guessed first. Use several unrelated words.",
		isWalk:     "Neighbouring keys are guessed first. Use several unrelated words.",
		isWord:     "A word of a dictionary with little around it is guessed first. Add several unrelated words.",
		isName:     "A name with little around it is guessed first. Add several unrelated words.",
		isLeaked:   "Passwords known from leaks are guessed first, changed ones too. Add several unrelated words.",
		isContext:  "Leave out your name, address and the name of this service, or add several unrelated words.",
	}[r]
}

// reason returns what weighs most: the context before anything listed, that before a pattern, and of two that lead
// to the same code the one that explains more of the password.
func (g guess) reason() reason {
	why, length := tooFew, 0
	for _, piece := range g.pieces {
		this := g.reasonOf(piece)
		if c := this.rank() - why.rank(); c > 0 || c == 0 && len(piece.Token) > length {
			why, length = this, len(piece.Token)
		}
	}
	return why
}

func (r reason) rank() int {
	return slices.Index([]string{TooPredictable, TooCommon, ContainsContext}, r.code())
}

func (g guess) reasonOf(m *match.Match) reason {
	switch m.Pattern {
	case "date", "regex": // of which the library has one, for years
		return isDate
	case "sequence":
		return isSequence
	case "spatial":
		return isWalk
	case "repeat":
		return max(weigh(m.BaseToken, g.context).reason(), isRepeat)
	case "dictionary":
		return g.reasonOfListed(m)
	default:
		return tooFew
	}
}

// reasonOfListed names the pattern of a listed password that is nothing else, for it tells the user more.
func (g guess) reasonOfListed(m *match.Match) reason {
	switch {
	case slices.Contains(g.context, m.MatchedWord):
		return isContext
	case len(m.Token) < minWord:
		return tooFew
	case m.DictionaryName == "user_inputs" && m.MatchedWord[0] == '2': // a year
		return isDate
	}
	if why := g.patternOf(m.I, m.J); why != tooFew {
		return why
	}
	switch m.DictionaryName {
	case "passwords":
		return isLeaked
	case "surnames", "male_names", "female_names":
		return isName
	default:
		return isWord
	}
}

// patternOf returns the longest pattern in the text from i to j if patterns alone make it up, or tooFew.
func (g guess) patternOf(i, j int) reason {
	why, length, end := tooFew, 0, i // all before end is made up
	for _, m := range g.matches {    // in the order of their first characters
		if m.Pattern == "dictionary" || len(m.Token) < minWord || m.I < i || m.J > j {
			continue
		}
		this := g.reasonOf(m)
		if m.I > end || this.code() != TooPredictable {
			continue
		}
		end = max(end, m.J+1)
		if len(m.Token) > length {
			why, length = this, len(m.Token)
		}
	}
	if end <= j {
		return tooFew
	}
	return why
}
