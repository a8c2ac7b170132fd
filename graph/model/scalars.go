package model

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/tenantgate/tenantgate/tenants"
)

// JSON is any JSON value.
type JSON = json.RawMessage

// MarshalJSON writes a JSON value.
func MarshalJSON(v JSON) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		if len(v) == 0 {
			v = JSON("null")
		}
		_, _ = w.Write(v)
	})
}

// UnmarshalJSON reads a JSON value as a document or its variables gave it.
func UnmarshalJSON(v any) (JSON, error) { return json.Marshal(v) }

// Time is a point in time.
type Time = time.Time

// MarshalTime writes a time, and null for none.
func MarshalTime(t Time) graphql.Marshaler { return graphql.MarshalTime(t) }

// UnmarshalTime reads a time.
func UnmarshalTime(v any) (Time, error) {
	text, _ := v.(string)
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("write a time such as \"2026-01-31T00:00:00Z\"")
	}
	return t.UTC(), nil
}

// Duration is a length of time as settings write it.
type Duration = tenants.Duration

// MarshalDuration writes a duration.
func MarshalDuration(d Duration) graphql.Marshaler { return graphql.MarshalString(d.String()) }

// UnmarshalDuration reads a duration.
func UnmarshalDuration(v any) (Duration, error) {
	text, ok := v.(string)
	if !ok {
		return 0, fmt.Errorf("write a text such as \"90d\", \"10m\" or \"1h30m\"")
	}
	d, err := tenants.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("write a duration in d, h, m and s, such as \"90d\", \"10m\" or \"1h30m\"")
	}
	return d, nil
}
