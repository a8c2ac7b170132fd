package httpx

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/fault"
)

// formType is how OAuth endpoints take their parameters.
const formType = "application/x-www-form-urlencoded"

// FormBody is JSONBody for endpoints whose RFCs ask for a form. It hands the parameters on as a JSON object of texts. A parameter
// must not come twice (RFC 6749, 3.2).
func FormBody(c *gin.Context) {
	body, err := formAsJSON(c)
	if err != nil {
		Abort(c, err)
		return
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	c.Request.ContentLength = int64(len(body))
	c.Request.Header.Set("Content-Type", "application/json")
	c.Next()
}

func formAsJSON(c *gin.Context) ([]byte, error) {
	body, err := ReadBody(c)
	if err != nil {
		return nil, err
	}
	if c.Request.Method != http.MethodPost || !hasType(c.Request, formType) {
		return nil, fault.New(fault.UnsupportedMediaType)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, fault.Invalid(fault.Field{Field: "body", Code: "invalid", Message: "Send a form."})
	}
	flat := map[string]string{}
	for name, values := range form {
		if len(values) > 1 {
			return nil, fault.Invalid(fault.Field{Field: printableName(name), Code: "repeated", Message: "Send it once."})
		}
		if !utf8.ValidString(name) || !utf8.ValidString(values[0]) {
			return nil, fault.Invalid(fault.Field{Field: "body", Code: "invalid_utf8", Message: "Send UTF-8."})
		}
		flat[name] = values[0]
	}
	return json.Marshal(flat)
}
