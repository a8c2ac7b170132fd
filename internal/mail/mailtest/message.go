package mailtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strings"
)

// Message is a mail that a Sink took, as sent and as read.
type Message struct {
	EnvelopeFrom string
	EnvelopeTo   []string
	User         string // who authenticated; empty for nobody
	TLS          bool   // whether it came encrypted
	Raw          []byte // header and body, lines ending in CR LF

	Header     mail.Header
	Subject    string // decoded
	Text, HTML string // decoded, lines ending in LF
	Types      []string
}

var codeLine = regexp.MustCompile(`(?m)^[0-9]{4,10}$`)

// Code returns the code of the mail, which stands alone on a line of its text, or nothing.
func (m Message) Code() string { return codeLine.FindString(m.Text) }

// Link returns the first link of the mail's text, which stands alone on a line, or nothing.
func (m Message) Link() string { return linkLine.FindString(m.Text) }

var linkLine = regexp.MustCompile(`(?m)^https?://\S+$`)

// parse reads Raw strictly: a doubled header, a part of unknown type or encoding is an error.
func (m *Message) parse() error {
	read, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		return fmt.Errorf("read header: %w", err)
	}
	for name, values := range read.Header {
		if len(values) != 1 {
			return fmt.Errorf("header %s stands there %d times", name, len(values))
		}
	}
	m.Header = read.Header
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject")); err != nil {
		return fmt.Errorf("decode subject: %w", err)
	}
	return m.part(read.Header.Get("Content-Type"), read.Header.Get("Content-Transfer-Encoding"), read.Body)
}

func (m *Message) part(contentType, encoding string, body io.Reader) error {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return fmt.Errorf("read content type: %w", err)
	}
	m.Types = append(m.Types, kind)
	if kind == "multipart/alternative" {
		return m.parts(multipart.NewReader(body, params["boundary"]))
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "", "7bit", "8bit":
	default:
		return fmt.Errorf("encoding %s", encoding)
	}
	content, err := io.ReadAll(body)
	if err != nil {
		return fmt.Errorf("read %s: %w", kind, err)
	}
	text := strings.ReplaceAll(string(content), "\r\n", "\n")
	switch kind {
	case "text/plain":
		m.Text = text
	case "text/html":
		m.HTML = text
	default:
		return fmt.Errorf("part of type %s", kind)
	}
	return nil
}

func (m *Message) parts(r *multipart.Reader) error {
	for {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read parts: %w", err)
		}
		err = m.part(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p)
		if err != nil {
			return err
		}
	}
}
