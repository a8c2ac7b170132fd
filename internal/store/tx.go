package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tenantgate/tenantgate/ent"
)

// TxLimit bounds every transaction. The change feed relies on it: what is recorded becomes visible this much later at
// the latest.
const TxLimit = 5 * time.Second

// InTx runs do in a transaction and commits if it succeeds. Inside, only tx may be used: on SQLite the outer client
// waits for the transaction to end.
func InTx[T any](ctx context.Context, db *ent.Client, do func(ctx context.Context, tx *ent.Tx) (T, error)) (out T, err error) {
	ctx, cancel := context.WithTimeout(ctx, TxLimit)
	defer cancel()
	tx, err := db.Tx(ctx)
	if err != nil {
		return out, fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if p := recover(); p != nil {
			_ = tx.Rollback()
			panic(p)
		}
	}()
	value, err := do(ctx, tx)
	var refused *committed
	if err != nil && !errors.As(err, &refused) {
		_ = tx.Rollback()
		return out, err
	}
	if err := tx.Commit(); err != nil {
		return out, fmt.Errorf("commit: %w", err)
	}
	if refused != nil {
		return out, refused.error
	}
	return value, nil
}

// committed is an error that does not undo what the transaction did.
type committed struct{ error }

func (c *committed) Unwrap() error { return c.error }

// Commit marks a refusal that must be remembered: the transaction commits and its caller still gets err.
func Commit(err error) error { return &committed{err} }
