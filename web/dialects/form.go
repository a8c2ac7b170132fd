package dialects

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// Accepts says which media types a wire takes.
type Accepts int

// The media types, to be joined by |.
const (
	JSON Accepts = 1 << iota
	URLEncoded
	Multipart
)

// Form is a body: one flat set of fields, whatever it was written in. Only the body counts: a field in the query is none.
type Form struct {
	fields map[string]Field
	raw    []byte // of JSON
}

// Field is one field of a body.
type Field struct {
	Text string
	Kind Kind
}

// Kind says what was sent for a field.
type Kind int

// What can be sent for a field. Numbers are texts, as they are spelt.
const (
	Missing Kind = iota
	Text
	Null
	Other // true, false, a list or an object
)

// Read reads the body of a request, at most httpx.MaxBody bytes, before anything is looked up. An empty body is an empty form.
// Faults: body_too_large, unsupported_media_type, invalid_json, and invalid_input for a field that came twice or as a file.
func Read(c *gin.Context, accepts Accepts) (*Form, error) {
	body, err := httpx.ReadBody(c)
	if err != nil {
		return nil, err
	}
	if len(body) == 0 {
		return &Form{}, nil
	}
	types := c.Request.Header["Content-Type"]
	if len(types) != 1 || c.GetHeader("Content-Encoding") != "" {
		return nil, fault.New(fault.UnsupportedMediaType)
	}
	kind, parameters, err := mime.ParseMediaType(types[0])
	if err != nil {
		return nil, fault.New(fault.UnsupportedMediaType)
	}
	switch {
	case kind == "application/json" && accepts&JSON != 0:
		return readJSON(body)
	case kind == "application/x-www-form-urlencoded" && accepts&URLEncoded != 0:
		return readURLEncoded(body)
	case kind == "multipart/form-data" && accepts&Multipart != 0:
		return readMultipart(body, parameters["boundary"])
	}
	return nil, fault.New(fault.UnsupportedMediaType)
}

func readJSON(body []byte) (*Form, error) {
	if err := httpx.CheckJSON(body); err != nil {
		return nil, err
	}
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return nil, fault.Invalid(fault.Field{Field: "body", Code: "wrong_type", Message: "Send a JSON object."})
	}
	f := &Form{fields: map[string]Field{}, raw: body}
	for name, value := range members {
		f.fields[name] = readValue(value)
	}
	return f, nil
}

func readValue(value json.RawMessage) Field {
	var text string
	var number json.Number
	switch {
	case string(value) == "null":
		return Field{Kind: Null}
	case json.Unmarshal(value, &text) == nil:
		return Field{text, Text}
	case value[0] != '"' && json.Unmarshal(value, &number) == nil:
		return Field{number.String(), Text}
	default:
		return Field{Kind: Other}
	}
}

// maxFields bounds what a form may hold.
const maxFields = 100

func readURLEncoded(body []byte) (*Form, error) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, fault.New(fault.InvalidJSON).Because(err)
	}
	f := &Form{fields: map[string]Field{}}
	for name, list := range values {
		for _, value := range list {
			if err := f.add(name, value); err != nil {
				return nil, err
			}
		}
	}
	return f, nil
}

func readMultipart(body []byte, boundary string) (*Form, error) {
	// The reader takes the end of a body within a part's header for the end of the form.
	if !bytes.Contains(body, []byte("--"+boundary+"--")) {
		return nil, fault.New(fault.InvalidJSON)
	}
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	f := &Form{fields: map[string]Field{}}
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return nil, fault.New(fault.InvalidJSON).Because(err)
		}
		if part.FileName() != "" {
			return nil, wrongField(part.FormName(), "file", "Send it as a plain field, not as a file.")
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, fault.New(fault.InvalidJSON).Because(err)
		}
		if err := f.add(part.FormName(), string(value)); err != nil {
			return nil, err
		}
	}
}

// add keeps a field of a form. Of two of one name nobody knows which is meant.
func (f *Form) add(name, value string) error {
	if _, twice := f.fields[name]; twice {
		return wrongField(name, "repeated", "Send it once.")
	}
	if !utf8.ValidString(name) || !utf8.ValidString(value) || strings.ContainsRune(name+value, 0) {
		return wrongField(name, "invalid_characters", "Send UTF-8 without U+0000.")
	}
	if len(f.fields) == maxFields {
		return wrongField("body", "too_many", "Send fewer fields.")
	}
	f.fields[name] = Field{value, Text}
	return nil
}

func wrongField(name, code, message string) error {
	return fault.Invalid(fault.Field{Field: httpx.PrintablePath(name), Code: code, Message: message})
}

// Get returns a field by the first of its names that was sent.
func (f *Form) Get(names ...string) Field {
	for _, name := range names {
		if field, ok := f.fields[name]; ok {
			return field
		}
	}
	return Field{}
}

// Text returns a field's text, empty where there is none.
func (f *Form) Text(names ...string) string { return f.Get(names...).Text }

// Raw returns a body of JSON as it was sent, nil for any other.
func (f *Form) Raw() []byte { return f.raw }
