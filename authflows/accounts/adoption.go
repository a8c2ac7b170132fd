package accounts

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/user"
	"github.com/tenantgate/tenantgate/internal/amr"
)

// Adoption counts users by the second factors that they have.
type Adoption struct {
	Users    int
	Enrolled int // with any
	With     map[amr.Method]int
}

// CountFactors counts the users of a tenant by their second factors, in one statement.
func CountFactors(ctx context.Context, db *ent.Client) (*Adoption, error) {
	var lists []struct {
		Factors sql.NullString `json:"factors"`
		Count   int            `json:"count"`
	}
	if err := db.User.Query().GroupBy(user.FieldFactors).Aggregate(ent.Count()).Scan(ctx, &lists); err != nil {
		return nil, fmt.Errorf("count factors: %w", err)
	}
	out := &Adoption{With: map[amr.Method]int{}}
	for _, list := range lists {
		var factors []amr.Method
		if list.Factors.Valid {
			if err := json.Unmarshal([]byte(list.Factors.String), &factors); err != nil {
				return nil, fmt.Errorf("count factors: %w", err)
			}
		}
		out.Users += list.Count
		if len(factors) > 0 {
			out.Enrolled += list.Count
		}
		slices.Sort(factors)
		for _, m := range slices.Compact(factors) {
			out.With[m] += list.Count
		}
	}
	return out, nil
}
