package mailbox

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Path is where the page belongs; its JSON is at Path + ".json".
const Path = "/dev/mailbox"

//go:embed page.html
var pageSource string

var page = template.Must(template.New("page").Parse(pageSource))

// Handler serves a box to programs and people at Path. It answers 404 to any Host that is not loopback, so that no
// web page can reach it under a name of its own that it has pointed here.
//
// The JSON is {"mails":[{"id","to","subject","text","html","code","link"}]}, newest last, of one address with ?to=.
func (b *Box) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path, b.page)
	mux.HandleFunc("GET "+Path+".json", b.json)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopback(r.Host) {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		// The preview inherits this policy: a mail that loads or runs anything fails here too.
		h.Set("Content-Security-Policy",
			"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		mux.ServeHTTP(w, r)
	})
}

// loopback reports whether a Host header names this machine for itself.
func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	} else if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		host = host[1 : len(host)-1]
	}
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// recipient reads ?to=. No address that is mailed holds a space, so one is a plus that its sender did not escape.
func recipient(r *http.Request) string {
	return strings.ReplaceAll(r.URL.Query().Get("to"), " ", "+")
}

type jsonMail struct {
	ID      string `json:"id"`
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html"`
	Code    string `json:"code"`
	Link    string `json:"link"`
}

func (b *Box) json(w http.ResponseWriter, r *http.Request) {
	mails := []jsonMail{}
	for _, m := range b.List(recipient(r)) {
		mails = append(mails, jsonMail{m.ID, m.To, m.Subject, m.Text, m.HTML, m.Code, m.Link})
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"mails": mails})
}

// pageView is what page.html shows: a list, newest first, or one mail.
type pageView struct {
	To     string
	Paused bool
	Mails  []Stored
	Mail   *Stored
}

func (b *Box) page(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	view := pageView{To: recipient(r), Paused: query.Has("paused")}
	if query.Has("id") {
		m, ok := b.find(query.Get("id"))
		if !ok {
			http.NotFound(w, r)
			return
		}
		view.Mail = &m
	} else {
		view.Mails = b.List(view.To)
		slices.Reverse(view.Mails)
	}
	var out bytes.Buffer
	if err := page.Execute(&out, view); err != nil {
		http.Error(w, "render mailbox: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(out.Bytes())
}
