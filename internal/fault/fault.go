// Package fault is the catalogue of what can go wrong as expected: wrong credentials, spent challenges, limits. It
// knows no HTTP; web/httpx gives each code its status and words. An error that is no fault is internal, and
// nothing of it is shown.
package fault

import (
	"errors"
	"time"
)

// Fault is an expected failure. Its text holds no personal data.
type Fault struct {
	Code       Code
	Fields     []Field       // what is wrong with the input, for invalid_input
	RetryAfter time.Duration // when trying again makes sense, for limits and outages
	ACR        string        // the assurance level to ask for, for step_up_required
	cause      error
}

// Field is one thing that is wrong with the input.
type Field struct {
	Field   string `json:"field" doc:"Path of the field, such as email or profile.title"`
	Code    string `json:"code" doc:"What is wrong, for programs"`
	Message string `json:"message" doc:"What is wrong and how to mend it, for people"`
}

// New returns a fault of a code.
func New(code Code) *Fault { return &Fault{Code: code} }

// Invalid returns invalid_input with what is wrong, field by field.
func Invalid(fields ...Field) *Fault { return &Fault{Code: InvalidInput, Fields: fields} }

// After returns a copy that says when to try again.
func (f *Fault) After(d time.Duration) *Fault {
	g := *f
	g.RetryAfter = d
	return &g
}

// Needing returns a copy that says which assurance level to reach.
func (f *Fault) Needing(acr string) *Fault {
	g := *f
	g.ACR = acr
	return &g
}

// Because returns a copy with its cause, for the log. The cause is never shown.
func (f *Fault) Because(err error) *Fault {
	g := *f
	g.cause = err
	return &g
}

func (f *Fault) Error() string {
	if f.cause != nil {
		return string(f.Code) + ": " + f.cause.Error()
	}
	return string(f.Code)
}

func (f *Fault) Unwrap() error { return f.cause }

// Is lets errors.Is compare faults by code.
func (f *Fault) Is(target error) bool {
	var other *Fault
	return errors.As(target, &other) && other.Code == f.Code
}

// CodeOf returns the code of an error: its own if it is a fault, else internal.
func CodeOf(err error) Code {
	var f *Fault
	if errors.As(err, &f) {
		return f.Code
	}
	return Internal
}
