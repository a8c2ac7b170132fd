package model

import "github.com/tenantgate/tenantgate/tenants"

// Dialects are the APIs of other systems that the tenant can speak.
func (t *Tenant) Dialects() []*Dialect {
	settings := t.of.Settings.Dialects
	var out []*Dialect
	for _, name := range tenants.Dialects() {
		out = append(out, &Dialect{
			Name: string(name), Enabled: settings.Of(name).Enabled, AtRoot: settings.Root == name,
			URL: t.of.BaseURL + "/dialects/" + string(name),
		})
	}
	return out
}
