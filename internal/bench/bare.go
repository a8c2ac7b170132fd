package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-jose/go-jose/v4/jwt"
)

// The bare parts run in a process of their own, this program again, so that their CPU time can be told from the
// client's.
const bareCommand = "bare"

func isBare(args []string) bool { return len(args) > 1 && args[1] == bareCommand }

// bareMain serves until its input ends, which is when its parent is gone.
func bareMain(args []string) int {
	flags := flag.NewFlagSet(bareCommand, flag.ContinueOnError)
	database := flags.String("database", "", "URL of an empty database")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if err := serveBare(*database); err != nil {
		fmt.Fprintln(os.Stderr, "bench bare:", err)
		return 1
	}
	return 0
}

func serveBare(databaseURL string) error {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	parts, err := newParts(private, databaseURL)
	if err != nil {
		return err
	}
	defer parts.close()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: bareHandler(private, parts), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Close()
	}()
	fmt.Println(l.Addr())
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// bareUser is what the bare session check answers: the shape of the real one.
type bareUser struct {
	ID            string          `json:"id"`
	Email         string          `json:"email"`
	EmailVerified bool            `json:"email_verified"`
	Username      string          `json:"username"`
	Phone         string          `json:"phone"`
	Name          string          `json:"name"`
	Profile       json.RawMessage `json:"profile"`
	CreatedAt     time.Time       `json:"created_at"`
}

// bareHandler is what one would write in an afternoon: Gin, and a map of the tokens that were verified before.
func bareHandler(key *ecdsa.PrivateKey, p *parts) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.GET("/healthz", func(c *gin.Context) { c.Status(http.StatusOK) })
	r.GET("/empty", func(c *gin.Context) { c.Status(http.StatusOK) })
	var verified sync.Map // *bareUser by token
	r.GET("/t/:slug/v1/me", func(c *gin.Context) {
		token := strings.TrimPrefix(c.GetHeader("Authorization"), "Bearer ")
		user, ok := verified.Load(token)
		if !ok {
			parsed, err := jwt.ParseSigned(token, es256)
			var claims bareClaims
			if err != nil || parsed.Claims(key.Public(), &claims) != nil {
				c.Status(http.StatusUnauthorized)
				return
			}
			user, _ = verified.LoadOrStore(token, &bareUser{
				ID: claims.Subject, Email: "user-000001@example.com", EmailVerified: true, Name: "User 1",
				Profile: json.RawMessage("{}"), CreatedAt: time.Now().UTC(),
			})
		}
		c.JSON(http.StatusOK, user)
	})
	r.POST("/tokens", func(c *gin.Context) {
		tokens := make([]string, 0, 1000)
		for range cap(tokens) {
			token, err := p.sign()
			if err != nil {
				_ = c.AbortWithError(http.StatusInternalServerError, err)
				return
			}
			tokens = append(tokens, token)
		}
		c.JSON(http.StatusOK, tokens)
	})
	r.POST("/repeat", p.repeat)
	return r
}

// bareServer is the running process.
type bareServer struct {
	cmd    *exec.Cmd
	input  io.Closer
	addr   string
	tokens []*session // known to nobody else
}

func startBare(databaseURL string) (*bareServer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start the bare parts: %w", err)
	}
	cmd := exec.Command(self, bareCommand, "-database", databaseURL)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	input, err1 := cmd.StdinPipe()
	output, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("start the bare parts: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the bare parts: %w", err)
	}
	b := &bareServer{cmd: cmd, input: input}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		b.stop()
		return nil, fmt.Errorf("start the bare parts: %w", err)
	}
	b.addr = strings.TrimSpace(line)
	return b, b.fetchTokens()
}

func (b *bareServer) fetchTokens() error {
	var tokens []string
	if err := b.post("/tokens", &tokens); err != nil {
		return err
	}
	for _, token := range tokens {
		b.tokens = append(b.tokens, &session{slug: baseSlug, access: token})
	}
	return nil
}

func (b *bareServer) post(path string, into any) error {
	answer, err := http.Post("http://"+b.addr+path, "", nil)
	if err != nil {
		return fmt.Errorf("ask the bare parts: %w", err)
	}
	defer answer.Body.Close()
	if err := want(http.StatusOK, answer.StatusCode); err != nil {
		return fmt.Errorf("ask the bare parts: %w", err)
	}
	return json.NewDecoder(answer.Body).Decode(into)
}

// repeat does a part for a while in some goroutines at once.
func (b *bareServer) repeat(part string, workers int, d time.Duration, groups []group) (sample, error) {
	var out sample
	cpu, err := spent(groups, func() error {
		return b.post("/repeat?part="+url.QueryEscape(part)+"&workers="+strconv.Itoa(workers)+"&for="+d.String(), &out.requests)
	})
	out.cpu, out.took = cpu, d
	return out, err
}

func (b *bareServer) stop() {
	_ = b.input.Close()
	_ = b.cmd.Wait() // it ends with its input
}
