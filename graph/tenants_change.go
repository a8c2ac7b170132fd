package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
)

// changeTenant runs a mutation that leads to a tenant.
func (r *Resolver) changeTenant(ctx context.Context, input any, key *string,
	do func(context.Context) (*tenants.Tenant, error),
) (*model.TenantPayload, error) {
	p := &model.TenantPayload{}
	again := func(ctx context.Context, f events.Fact) (err error) {
		p.Tenant, err = none(r.tenantOf(ctx, f.Tenant))
		return err
	}
	return p, r.change(ctx, outcome{&p.UserErrors, &p.EventID}, input, key, func(ctx context.Context) error {
		t, err := do(ctx)
		p.Tenant = r.newTenant(t)
		return err
	}, again)
}

// onTenant is changeTenant for one that there is.
func (r *Resolver) onTenant(ctx context.Context, input any, id string, key *string,
	do func(context.Context, *tenants.Tenant) (*tenants.Tenant, error),
) (*model.TenantPayload, error) {
	return r.changeTenant(ctx, input, key, func(ctx context.Context) (*tenants.Tenant, error) {
		ctx, t, err := r.reach(ctx, model.KindTenant, id)
		if err != nil {
			return nil, err
		}
		return do(ctx, t.Tenant)
	})
}

func (r *Resolver) createTenant(ctx context.Context, input model.CreateTenantInput) (*model.TenantPayload, error) {
	return r.changeTenant(ctx, input, input.IdempotencyKey, func(ctx context.Context) (*tenants.Tenant, error) {
		if !access.From(ctx).MayEverywhere(access.TenantsCreate) {
			return nil, &lacking{scope: access.TenantsCreate, everywhere: true} // over one tenant it makes no other
		}
		settings, err := settingChanges("settings", input.Settings)
		if err != nil {
			return nil, err
		}
		in := tenants.CreateInput{Slug: input.Slug, Name: strings.TrimSpace(orEmpty(input.Name)), Settings: settings}
		for _, name := range input.Dialects {
			in.Settings = append(in.Settings, tenants.Change{Path: "dialects." + name + ".enabled", Value: json.RawMessage("true")})
		}
		t, err := r.Tenants.Create(ctx, in)
		return t, ofSettings(onField("slug", err, fault.SlugTaken, fault.TenantReserved))
	})
}

func (r *Resolver) updateTenantSettings(ctx context.Context, input model.UpdateTenantSettingsInput) (*model.TenantPayload, error) {
	return r.onTenant(ctx, input, input.ID, input.IdempotencyKey, func(ctx context.Context, t *tenants.Tenant) (*tenants.Tenant, error) {
		changes, err := settingChanges("changes", input.Changes)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(changes, ofPolicy) && !access.From(ctx).May(access.PolicyWrite, t.ID) {
			return nil, &lacking{scope: access.PolicyWrite}
		}
		changed, err := r.setSettings(ctx, t, input.ExpectedVersion, changes)
		return changed, ofSettings(err)
	})
}

// ofPolicy reports whether a change is one of the MFA policy, which has a scope of its own.
func ofPolicy(c tenants.Change) bool { return c.Path == "mfa" || strings.HasPrefix(c.Path, "mfa.") }

// settingChanges reads the changes in a field of an input. One without a value is refused: taken for null it would undo a group.
func settingChanges(field string, in []*model.SettingInput) ([]tenants.Change, error) {
	var out []tenants.Change
	var wrong []fault.Field
	for i, s := range in {
		value, given := s.Value.ValueOK()
		if !given {
			wrong = append(wrong, fault.Field{
				Field: fmt.Sprintf("%s[%d].value", field, i), Code: "required", Message: "Give a value, or null for the default.",
			})
		}
		if value == nil {
			value = json.RawMessage("null")
		}
		out = append(out, tenants.Change{Path: s.Path, Value: value})
	}
	if len(wrong) > 0 {
		return nil, fault.Invalid(wrong...)
	}
	return out, nil
}

// setSettings changes settings where the version that is expected, if any, is in force; where it is not, the fault says which is.
func (r *Resolver) setSettings(ctx context.Context, t *tenants.Tenant, expected *int, changes []tenants.Change) (*tenants.Tenant, error) {
	version := 0 // to Set it is any
	if expected != nil {
		if version = *expected; version < 1 {
			version = -1 // none is ever in force
		}
	}
	changed, err := r.Tenants.Set(ctx, t.Slug, version, changes)
	if fault.CodeOf(err) != fault.VersionConflict {
		return changed, err
	}
	now, e := r.Tenants.ByID(ctx, t.ID)
	if e != nil || expected == nil || now.Version == *expected {
		return nil, onField("expectedVersion", err, fault.VersionConflict) // it is being changed at this moment
	}
	return nil, fault.Invalid(fault.Field{
		Field: "expectedVersion", Code: codeOf(fault.VersionConflict),
		Message: fmt.Sprintf("Version %d is in force: it has changed since you read it. Read it again.", now.Version),
	})
}

func (r *Resolver) deleteTenant(ctx context.Context, input model.DeleteTenantInput) (*model.DeleteTenantPayload, error) {
	p := &model.DeleteTenantPayload{}
	done := func(context.Context, events.Fact) error {
		p.DeletedID = &input.ID
		return nil
	}
	return p, r.change(ctx, outcome{&p.UserErrors, &p.EventID}, input, input.IdempotencyKey, func(ctx context.Context) error {
		ctx, t, err := r.reach(ctx, model.KindTenant, input.ID)
		if err != nil {
			return err
		}
		if input.ConfirmSlug != t.Slug {
			return fault.Invalid(fault.Field{
				Field: "confirmSlug", Code: "mismatch", Message: "Write the slug of the tenant that is to be deleted.",
			})
		}
		if _, err := r.Tenants.BeginDelete(ctx, t.Slug); err != nil {
			return err
		}
		return done(ctx, events.Fact{})
	}, done)
}

// ofSettings makes whole sentences of what is wrong with settings: the command line writes the path before it.
func ofSettings(err error) error {
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != fault.InvalidInput {
		return err
	}
	whole := *f
	whole.Fields = slices.Clone(f.Fields)
	for i, wrong := range whole.Fields {
		if first, _ := utf8.DecodeRuneInString(wrong.Message); unicode.IsLower(first) {
			whole.Fields[i].Message = wrong.Field + " " + wrong.Message + "."
			if strings.HasSuffix(wrong.Message, "?") {
				whole.Fields[i].Message = wrong.Field + " " + wrong.Message
			}
		}
	}
	return &whole
}

// onField says which field of the input faults of some codes are about.
func onField(field string, err error, codes ...fault.Code) error {
	var f *fault.Fault
	if !errors.As(err, &f) || !slices.Contains(codes, f.Code) {
		return err
	}
	named := *f
	named.Fields = []fault.Field{{Field: field, Code: codeOf(f.Code), Message: replies[f.Code].message}}
	return &named
}
