package main

import "testing"

func TestTheDatabaseDriversWordsFitOnOneLineAndAreSaidOnce(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"failed to connect to `user=u database=d`:\n" +
			"\t127.0.0.1:1 (localhost): dial error: dial tcp 127.0.0.1:1: connect: connection refused\n" +
			"\t127.0.0.1:1 (localhost): dial error: dial tcp 127.0.0.1:1: connect: connection refused": "connect to `user=u database=d`: " +
			"127.0.0.1:1 (localhost): connection refused",
		"failed to connect to `user=u database=d`:\n" +
			"\t[::1]:1 (localhost): dial error: dial tcp [::1]:1: connect: connection refused\n" +
			"\t127.0.0.1:1 (localhost): dial error: timeout: dial tcp 127.0.0.1:1: i/o timeout": "connect to `user=u database=d`: " +
			"[::1]:1 (localhost): connection refused; 127.0.0.1:1 (localhost): dial error: timeout: dial tcp 127.0.0.1:1: i/o timeout",
		"failed to connect to `user=u database=d`:\n" +
			"\thostname resolving error: lookup h on 192.0.2.1:53: no such host\n" +
			"\tlookup h on 192.0.2.1:53: no such host": "connect to `user=u database=d`: hostname resolving error: " +
			"lookup h on 192.0.2.1:53: no such host",
		"disk full": "disk full",
	} {
		if got := shortened(text); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
