// Package flowtest is the environment of flow tests: two tenants, a database, an ephemeral store, a mailbox and a clock
// that the test moves, wired as the server wires them. It watches every statement: one that touches tenants' rows
// without naming the tenant fails the test.
//
// It asserts nothing about flows; their tests do. Nothing in it runs by itself: the change feed is polled by Poll and
// mails go out by DeliverMail.
package flowtest
