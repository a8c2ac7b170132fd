// Package webtest is the environment of tests over HTTP: that of flowtest with the public listener in front of it, and
// what a client would write anyway: requests, JSON, signing up with the mailed code.
//
// It asserts nothing about the answers; their tests do.
package webtest
