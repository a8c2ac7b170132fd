//go:build !unix

package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// lockFile stands in for the lock of a file, where systems have none that ends with its process: the file is there
// while the lock is held. After a crash it has to be removed by hand.
func lockFile(ctx context.Context, path string) (unlock func() error, err error) {
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		f, err := os.OpenFile(filepath.Clean(path), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			return func() error { return errors.Join(f.Close(), os.Remove(path)) }, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-again.C:
		}
	}
}
