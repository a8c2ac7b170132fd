package graph

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
)

// newMfaPolicy returns the second-factor policy of a tenant.
func newMfaPolicy(t *tenants.Tenant) *model.MfaPolicy {
	mfa := t.Settings.MFA
	p := &model.MfaPolicy{
		Requirement: model.MfaRequirement(strings.ToUpper(string(mfa.Policy))), Factors: []model.MfaFactor{},
		RequiredRoles: append([]string{}, mfa.RequiredRoles...), TrustDeviceDays: mfa.TrustDeviceDays, EnrolGrace: mfa.EnrolGrace,
		Version: t.Version,
	}
	for _, f := range mfa.Factors {
		p.Factors = append(p.Factors, model.MfaFactor(strings.ToUpper(string(f))))
	}
	return p
}

// policyFields are the fields of a policy input, by the settings that they are.
var policyFields = map[string]string{
	"mfa.policy": "policy.requirement", "mfa.factors": "policy.factors", "mfa.required_roles": "policy.requiredRoles",
	"mfa.trust_device_days": "policy.trustDeviceDays", "mfa.enrol_grace": "policy.enrolGrace",
}

// policyChanges are the changes of settings that a policy input stands for.
func policyChanges(in *model.MfaPolicyInput) ([]tenants.Change, error) {
	var out []tenants.Change
	add := func(path string, value any) error {
		text, err := json.Marshal(value)
		out = append(out, tenants.Change{Path: path, Value: text})
		return err
	}
	var wrong error
	if in.Requirement != nil {
		wrong = errors.Join(wrong, add("mfa.policy", strings.ToLower(string(*in.Requirement))))
	}
	if in.Factors != nil {
		factors := []string{}
		for _, f := range in.Factors {
			factors = append(factors, strings.ToLower(string(f)))
		}
		wrong = errors.Join(wrong, add("mfa.factors", factors))
	}
	if in.RequiredRoles != nil {
		wrong = errors.Join(wrong, add("mfa.required_roles", in.RequiredRoles))
	}
	if in.TrustDeviceDays != nil {
		wrong = errors.Join(wrong, add("mfa.trust_device_days", *in.TrustDeviceDays))
	}
	if in.EnrolGrace != nil {
		wrong = errors.Join(wrong, add("mfa.enrol_grace", *in.EnrolGrace))
	}
	return out, wrong
}

// inPolicy names what is wrong with settings by the fields of a policy input. What is wrong with others keeps its path.
func inPolicy(err error) error {
	var f *fault.Fault
	if !errors.As(err, &f) || len(f.Fields) == 0 {
		return err
	}
	named := *f
	named.Fields = nil
	for _, wrong := range f.Fields {
		if field, ok := policyFields[wrong.Field]; ok {
			wrong.Field = field
		}
		named.Fields = append(named.Fields, wrong)
	}
	return &named
}

func (r *Resolver) mfaPolicy(ctx context.Context, tenant string) (*model.MfaPolicy, error) {
	_, t, err := r.reach(ctx, model.KindTenant, tenant)
	if err != nil {
		return nil, err
	}
	return newMfaPolicy(t.Tenant), nil
}

func (r *Resolver) updateMfaPolicy(ctx context.Context, input model.UpdateMfaPolicyInput) (*model.MfaPolicyPayload, error) {
	p := &model.MfaPolicyPayload{}
	is := func(t *tenants.Tenant) { p.MfaPolicy, p.Tenant = newMfaPolicy(t), r.newTenant(t) }
	again := func(ctx context.Context, f events.Fact) error {
		_, t, err := r.reachObject(ctx, model.TenantID(f.Tenant))
		if err == nil {
			is(t.Tenant)
		}
		return err
	}
	return p, r.change(ctx, outcome{&p.UserErrors, &p.EventID}, input, input.IdempotencyKey, func(ctx context.Context) error {
		t, err := r.setMfaPolicy(ctx, input)
		if err == nil {
			is(t)
		}
		return err
	}, again)
}

func (r *Resolver) setMfaPolicy(ctx context.Context, input model.UpdateMfaPolicyInput) (*tenants.Tenant, error) {
	ctx, t, err := r.reach(ctx, model.KindTenant, input.Tenant)
	if err != nil {
		return nil, err
	}
	changes, err := policyChanges(input.Policy)
	if err != nil {
		return nil, err
	}
	if len(changes) == 0 {
		return nil, fault.Invalid(fault.Field{Field: "policy", Code: "required", Message: "Say what changes."})
	}
	changed, err := r.setSettings(ctx, t.Tenant, input.ExpectedVersion, changes)
	return changed, inPolicy(err)
}

func (r *Resolver) simulateMfaPolicy(ctx context.Context, tenant string, policy model.MfaPolicyInput, window tenants.Duration) (*model.MfaSimulation, error) {
	if window <= 0 || window.Std() > authflows.MaxWindow {
		return nil, wrongArgument("window", "Give more than 0 and at most 30d.")
	}
	ctx, t, err := r.reach(ctx, model.KindTenant, tenant)
	if err != nil {
		return nil, err
	}
	changes, err := policyChanges(&policy)
	if err != nil {
		return nil, err
	}
	candidate, err := r.Tenants.Preview(ctx, t.Slug, changes)
	if err != nil {
		return nil, inPolicy(err)
	}
	s, err := r.Engine.SimulateMFA(ctx, t.Tenant, candidate.MFA, window.Std())
	if err != nil {
		return nil, err
	}
	return model.NewMfaSimulation(t.ID, s, func(users []uuid.UUID) *model.Batch[*model.User] { return r.usersOf(t.Tenant, users) }), nil
}
