// Command tenantgate is the whole product in one binary: the server, its development mode, and what an operator does
// beside it.
//
// It owns the command line, its output and exit codes, and the wiring of the parts. It decides nothing about sign-ins,
// tenants or settings: the packages that it wires do.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// version is set when a release is built.
var version = "dev"

func main() {
	os.Exit(run(interruptible(), os.Args[1:]))
}

// interruptible returns a context that the first SIGINT or SIGTERM ends. The second ends the process at once.
func interruptible() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		os.Exit(exitFailed)
	}()
	return ctx
}
