package model

// Settings are the tenant's settings at a path and below it, all of them without a path; with changed only those that differ
// from their default.
func (t *Tenant) Settings(under *string, changed bool) ([]*Setting, error) {
	path := ""
	if under != nil {
		path = *under
	}
	values, err := t.of.Settings.Under(path)
	if err != nil {
		return nil, err
	}
	out := []*Setting{}
	for _, v := range values {
		if !changed || !v.Default {
			out = append(out, &Setting{Path: v.Path, Value: v.Value, IsDefault: v.Default, IsSecret: v.Secret})
		}
	}
	return out, nil
}
