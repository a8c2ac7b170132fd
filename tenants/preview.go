package tenants

import "context"

// Preview returns the settings that changes would lead to, and stores nothing. Faults as of Set.
func (r *Registry) Preview(ctx context.Context, slug string, changes []Change) (Settings, error) {
	t, err := r.read(ctx, slug)
	if err != nil {
		return Settings{}, err
	}
	_, settings, err := Apply(t.row.Settings, changes, sealWith(t.Keys))
	return settings, err
}
