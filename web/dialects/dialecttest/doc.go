// Package dialecttest is what every dialect must do: Run plays the journeys of a person and the attacks on them over a Driver,
// which says how one wire does each thing. It also holds what tests over several wires share.
//
// It knows no wire. Each dialect has its Driver in a package of its own, web/dialects/<name>/<name>test, so that the dialect's
// own tests and those over all dialects use the same one. What a wire's answers look like, field for field, is for the golden
// exchanges of the dialect.
package dialecttest
