package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"golang.org/x/crypto/argon2"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/tenantgate/tenantgate/internal/ids"
)

// The parts by name.
const (
	partHash   = "argon2id"
	partSign   = "sign"
	partVerify = "verify"
	partCommit = "commit"
	partSelect = "select"
)

var es256 = []jose.SignatureAlgorithm{jose.ES256}

// bareClaims are the claims of an access token of ours.
type bareClaims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience string   `json:"aud"`
	Client   string   `json:"client_id"`
	Expires  int64    `json:"exp"`
	IssuedAt int64    `json:"iat"`
	ID       string   `json:"jti"`
	Session  string   `json:"sid"`
	AuthTime int64    `json:"auth_time"`
	ACR      string   `json:"acr"`
	AMR      []string `json:"amr"`
}

// parts do one bare thing each: what no implementation of a request could leave out.
type parts struct {
	*factorParts
	key    *ecdsa.PrivateKey
	signer jose.Signer
	token  string
	salt   [16]byte
	db     *sql.DB
	update string
	query  string
	next   atomic.Int64
}

func newParts(key *ecdsa.PrivateKey, databaseURL string) (*parts, error) {
	factors, err := newFactorParts()
	if err != nil {
		return nil, err
	}
	p := &parts{factorParts: factors, key: key}
	_, _ = rand.Read(p.salt[:]) // never fails
	options := (&jose.SignerOptions{}).WithType("at+jwt").WithHeader("kid", strings.Repeat("k", 43))
	if p.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, options); err != nil {
		return nil, fmt.Errorf("make a signer: %w", err)
	}
	if p.token, err = p.sign(); err != nil {
		return nil, err
	}
	if err := p.open(databaseURL); err != nil {
		return nil, fmt.Errorf("open the database of the bare parts: %w", err)
	}
	return p, nil
}

// rows is how many rows the bare table has.
const rows = 1000

// open makes a table whose rows are as wide as a session. Durability and pools are those of the product.
func (p *parts) open(databaseURL string) (err error) {
	scheme, path, _ := strings.Cut(databaseURL, "://")
	insert := "INSERT INTO bare VALUES ($1, 0, $2)" // both databases take $1
	p.update = "UPDATE bare SET n = n + 1 WHERE id = $1 AND n >= $2"
	p.query = "SELECT n, filler FROM bare WHERE id = $1"
	connections := 1
	if scheme == "sqlite" {
		p.db, err = sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=busy_timeout(5000)"+
			"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	} else {
		connections = 32
		p.db, err = sql.Open("pgx", databaseURL)
	}
	if err != nil {
		return err
	}
	p.db.SetMaxOpenConns(connections)
	p.db.SetMaxIdleConns(connections)
	ctx := context.Background()
	const table = "CREATE TABLE bare (id INTEGER PRIMARY KEY, n INTEGER NOT NULL, filler TEXT NOT NULL)"
	if _, err := p.db.ExecContext(ctx, table); err != nil {
		return err
	}
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for i := range rows {
		if _, err := tx.ExecContext(ctx, insert, i, strings.Repeat("x", 300)); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

func (p *parts) close() { _ = p.db.Close() }

func (p *parts) sign() (string, error) {
	now := time.Now().Unix()
	payload, err := json.Marshal(bareClaims{
		Issuer: publicURL + "/t/" + baseSlug, Subject: ids.Format(ids.User, ids.New()),
		Audience: publicURL + "/t/" + baseSlug, Client: "native", Expires: now + 600, IssuedAt: now, AuthTime: now,
		ID: ids.NewUnguessable().String(), Session: ids.Format(ids.Session, ids.New()), ACR: "aal1", AMR: []string{"pwd"},
	})
	if err != nil {
		return "", err
	}
	signed, err := p.signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

func (p *parts) verify() error {
	parsed, err := jwt.ParseSigned(p.token, es256)
	if err != nil {
		return err
	}
	var claims bareClaims
	return parsed.Claims(p.key.Public(), &claims)
}

func (p *parts) do(ctx context.Context, part string) error {
	switch part {
	case partHash:
		argon2.IDKey([]byte(userText), p.salt[:], 2, 19*1024, 1, 32)
		return nil
	case partSign:
		_, err := p.sign()
		return err
	case partVerify:
		return p.verify()
	case partCommit:
		_, err := p.db.ExecContext(ctx, p.update, p.next.Add(1)%rows, 0)
		return err
	case partSelect:
		var n int
		var filler string
		return p.db.QueryRowContext(ctx, p.query, p.next.Add(1)%rows).Scan(&n, &filler)
	default:
		return p.factorParts.do(part)
	}
}

// repeat answers how often it did a part.
func (p *parts) repeat(c *gin.Context) {
	workers, err1 := strconv.Atoi(c.Query("workers"))
	d, err2 := time.ParseDuration(c.Query("for"))
	if err := errors.Join(err1, err2); err != nil {
		_ = c.AbortWithError(http.StatusBadRequest, err)
		return
	}
	var done atomic.Int64
	var running sync.WaitGroup
	errs := make([]error, workers)
	end := time.Now().Add(d)
	for i := range workers {
		running.Go(func() {
			for errs[i] == nil && time.Now().Before(end) {
				if errs[i] = p.do(c.Request.Context(), c.Query("part")); errs[i] == nil {
					done.Add(1)
				}
			}
		})
	}
	running.Wait()
	if err := errors.Join(errs...); err != nil {
		_ = c.AbortWithError(http.StatusInternalServerError, err)
		return
	}
	c.JSON(http.StatusOK, done.Load())
}
