// Package archtest holds the rules of the source tree that no compiler checks: who imports whom, where a few
// dangerous names may appear, how packages are named and described, which licences modules have, where Markdown
// links lead.
//
// The tables are in rules.go, each row with its reason. The tests read the tree and name every breach.
package archtest
