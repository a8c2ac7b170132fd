package httpx

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tenantgate/tenantgate/internal/fault"
)

// Limits on JSON from outside; our own documents have a depth of two and a dozen members, profiles some more.
const (
	maxDepth  = 32
	maxTokens = 10_000
)

// CheckJSON accepts one JSON document: valid UTF-8, no member twice in an object, no text behind it, no more than maxDepth
// levels, no string with U+0000 or half a surrogate pair, and no number beyond a double's range. Faults: invalid_json, or invalid_input naming the field.
func CheckJSON(body []byte) error {
	if !utf8.Valid(body) {
		return fault.Invalid(fault.Field{Field: "body", Code: "invalid_utf8", Message: "Send UTF-8."})
	}
	c := jsonCheck{decoder: json.NewDecoder(bytes.NewReader(body)), replaced: bytes.ContainsRune(body, utf8.RuneError)}
	c.decoder.UseNumber()
	if err := c.value("", 0); err != nil {
		return err
	}
	if _, err := c.decoder.Token(); err != io.EOF {
		return fault.New(fault.InvalidJSON)
	}
	return nil
}

type jsonCheck struct {
	decoder  *json.Decoder
	tokens   int
	replaced bool // the body itself holds U+FFFD, so finding one in a string shows nothing
}

func (c *jsonCheck) next() (json.Token, error) {
	c.tokens++
	token, err := c.decoder.Token()
	if err != nil || c.tokens > maxTokens {
		return nil, fault.New(fault.InvalidJSON)
	}
	return token, nil
}

func (c *jsonCheck) value(path string, depth int) error {
	token, err := c.next()
	if err != nil {
		return err
	}
	switch t := token.(type) {
	case json.Delim:
		if depth == maxDepth {
			return fault.New(fault.InvalidJSON)
		}
		if t == '{' {
			return c.object(path, depth)
		}
		return c.array(path, depth)
	case string:
		return c.text(path, t)
	case json.Number:
		if _, err := t.Float64(); err != nil {
			return fault.Invalid(fault.Field{Field: path, Code: "out_of_range", Message: "Is out of range."})
		}
		return nil
	default:
		return nil
	}
}

func (c *jsonCheck) object(path string, depth int) error {
	seen := map[string]bool{}
	for c.decoder.More() {
		token, err := c.next()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		if seen[name] {
			return fault.New(fault.InvalidJSON)
		}
		seen[name] = true
		member := strings.TrimPrefix(path+"."+printableName(name), ".")
		if err := c.text(member, name); err != nil {
			return err
		}
		if err := c.value(member, depth+1); err != nil {
			return err
		}
	}
	_, err := c.next()
	return err
}

func (c *jsonCheck) array(path string, depth int) error {
	for i := 0; c.decoder.More(); i++ {
		if err := c.value(path+"["+strconv.Itoa(i)+"]", depth+1); err != nil {
			return err
		}
	}
	_, err := c.next()
	return err
}

func (c *jsonCheck) text(path, s string) error {
	if strings.ContainsRune(s, 0) || !c.replaced && strings.ContainsRune(s, utf8.RuneError) {
		return fault.Invalid(fault.Field{
			Field: path, Code: "invalid_characters", Message: "Leave out U+0000 and half surrogate pairs.",
		})
	}
	return nil
}

// PrintablePath is a field's path as an answer may show it: names that are none of ours become "?".
func PrintablePath(path string) string {
	parts := strings.Split(path, ".")
	if len(parts) > maxDepth {
		return "?"
	}
	for i, name := range parts {
		parts[i] = printableName(name)
	}
	return strings.Join(parts, ".")
}

// printableName keeps a member's name out of the answer unless it looks like one of ours: input is never echoed.
func printableName(name string) string {
	if len(name) > 40 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_0123456789") != "" {
		return "?"
	}
	return name
}
