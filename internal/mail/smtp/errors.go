package smtp

import (
	"errors"
	"fmt"
	"net/textproto"

	gomail "github.com/wneessen/go-mail"

	"github.com/tenantgate/tenantgate/internal/mail"
)

// scrub returns an error without the server's words, which repeat addresses and user names, and marks it as a
// refusal where the server will not have this mail: a 5xx answer to sender, recipient or content. A 5xx before
// that, or one about who we are, blames the settings; they may be mended while the mail waits.
func scrub(err error) error {
	var failed *gomail.SendError
	var answer *textproto.Error
	var garbled textproto.ProtocolError
	switch {
	case errors.As(err, &failed):
		return scrubSend(failed)
	case errors.As(err, &answer):
		return fmt.Errorf("server answered %d before any mail", answer.Code)
	case errors.As(err, &garbled):
		return errors.New("server does not speak SMTP")
	}
	return err
}

func scrubSend(failed *gomail.SendError) error {
	code := failed.ErrorCode()
	if code == 0 {
		return fmt.Errorf("%s: connection failed", failed.Reason)
	}
	err := fmt.Errorf("%s: server answered %d", failed.Reason, code)
	if detail := failed.EnhancedStatusCode(); detail != "" {
		err = fmt.Errorf("%w (%s)", err, detail)
	}
	if code >= 500 && !aboutUs(code) {
		return mail.Refused(err)
	}
	return err
}

// aboutUs reports whether an answer asks for another or stronger authentication (RFC 4954, section 6).
func aboutUs(code int) bool {
	switch code {
	case 530, 534, 535, 538:
		return true
	}
	return false
}
