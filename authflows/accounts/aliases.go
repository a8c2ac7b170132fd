package accounts

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/dialectalias"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
)

// AliasKind is the shape of an alias.
type AliasKind = dialectalias.Kind

// The shapes of aliases.
const (
	AliasInteger = dialectalias.KindInteger // counts a tenant's users from 1 on
	AliasHex     = dialectalias.KindHex     // 24 hexadecimal digits
)

// Alias returns the alias of a user, made now if the user has none yet. It stands outside any transaction. Of those who make one at the same time everybody gets
// the one that was stored.
func Alias(ctx context.Context, db *ent.Client, of uuid.UUID, kind AliasKind, now time.Time) (string, error) {
	for range aliasTries {
		row, err := db.DialectAlias.Query().Where(dialectalias.UserID(of), dialectalias.KindEQ(kind)).Only(ctx)
		if err == nil {
			return row.Value, nil
		}
		if !ent.IsNotFound(err) {
			return "", fmt.Errorf("read alias: %w", err)
		}
		next, err := nextAlias(ctx, db, kind)
		if err != nil {
			return "", err
		}
		err = db.DialectAlias.Create().SetID(ids.New()).SetUserID(of).SetKind(kind).
			SetNumber(next).SetValue(aliasText(kind, next)).SetCreatedAt(now).
			Exec(ctx)
		switch {
		case err == nil, ent.IsConstraintError(err) && ctx.Err() == nil: // another took the number, or made this very alias
		default:
			return "", fmt.Errorf("store alias: %w", err)
		}
	}
	return "", fault.New(fault.Unavailable).After(time.Second)
}

// aliasTries is more often than a number can be taken by others who begin at the same time.
const aliasTries = 200

func nextAlias(ctx context.Context, db *ent.Client, kind AliasKind) (int64, error) {
	last, err := db.DialectAlias.Query().
		Where(dialectalias.KindEQ(kind)).
		Order(ent.Desc(dialectalias.FieldNumber)).
		First(ctx)
	if ent.IsNotFound(err) {
		return 1, nil
	}
	if err != nil {
		return 0, fmt.Errorf("count aliases: %w", err)
	}
	return last.Number + 1, nil
}

func aliasText(kind AliasKind, number int64) string {
	if kind == AliasInteger {
		return strconv.FormatInt(number, 10)
	}
	random := make([]byte, 12)
	rand.Read(random)
	return hex.EncodeToString(random)
}
