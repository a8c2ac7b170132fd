package tenants

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/tenantgate/tenantgate/internal/fault"
)

// reservedWish is a setting that the reserved tenant begins with, because its users are the admins.
type reservedWish struct {
	Change
	holds func(*Settings) bool
}

// reservedWishes close sign-up, ask every admin for a second factor, and keep sessions where no script of a page reads them.
// Programs use API keys.
var reservedWishes = []reservedWish{
	{
		Change{Path: "signup.mode", Value: json.RawMessage(`"closed"`)},
		func(s *Settings) bool { return s.Signup.Mode == SignupClosed },
	},
	{
		Change{Path: "mfa.policy", Value: json.RawMessage(`"required"`)},
		func(s *Settings) bool { return s.MFA.Policy == MFARequired },
	},
	{
		Change{Path: "tokens.transport", Value: json.RawMessage(`"cookie"`)},
		func(s *Settings) bool { return s.Tokens.Transport == TransportCookie },
	},
}

// untouched is the version of settings that nobody has changed.
const untouched = 1

// EnsureReserved makes the platform's own tenant, or proves with its data key that the master keys fit. One that an older version
// made, and nobody has changed since, gets the settings of a new one.
func (r *Registry) EnsureReserved(ctx context.Context) error {
	err := r.CheckMasterKeys(ctx)
	if fault.CodeOf(err) == fault.TenantNotFound {
		in := CreateInput{Slug: Reserved, Name: "Tenantgate"}
		for _, w := range reservedWishes {
			in.Settings = append(in.Settings, w.Change)
		}
		if _, err = r.create(ctx, in); fault.CodeOf(err) == fault.SlugTaken {
			err = r.CheckMasterKeys(ctx) // another process was faster
		}
		return err
	}
	if err != nil {
		return err
	}
	t, err := r.read(ctx, Reserved)
	if err != nil {
		return err
	}
	missing := lacking(&t.Settings)
	if t.Version != untouched || len(missing) == 0 {
		return nil
	}
	_, err = r.Set(ctx, Reserved, untouched, missing)
	if fault.CodeOf(err) == fault.VersionConflict {
		return nil // changed a moment ago
	}
	return err
}

// ReservedLacks returns what a new reserved tenant would have set and this one has not, as path=value.
func (r *Registry) ReservedLacks(ctx context.Context) ([]string, error) {
	t, err := r.read(ctx, Reserved)
	if err != nil {
		return nil, err
	}
	out := []string{}
	for _, c := range lacking(&t.Settings) {
		var value string
		if err := json.Unmarshal(c.Value, &value); err != nil {
			return nil, err
		}
		out = append(out, c.Path+"="+value)
	}
	slices.Sort(out)
	return out, nil
}

func lacking(s *Settings) []Change {
	var out []Change
	for _, w := range reservedWishes {
		if !w.holds(s) {
			out = append(out, w.Change)
		}
	}
	return out
}
