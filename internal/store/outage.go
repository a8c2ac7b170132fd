package store

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/tenantgate/tenantgate/internal/fault"
)

// retryOutage is when a client may find the database back.
const retryOutage = 2 * time.Second

// asOutage turns an error of a database that is gone, full or too busy into the fault unavailable, so that no flow
// mistakes it for "not found" or "wrong". Other errors pass.
func asOutage(err error) error {
	if err == nil || !isOutage(err) {
		return err
	}
	return fault.New(fault.Unavailable).After(retryOutage).Because(err)
}

func isOutage(err error) bool {
	// Whatever a server answers to a connection that is being made, it cannot be used.
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return true
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		// Classes: 08 connection, 53 resources, 57 operator intervention (shutdown, starting up, cancelled), 58 I/O.
		// 40 is a transaction that may be run again; 25006 is a standby that was not promoted yet.
		return len(pg.Code) == 5 && strings.Contains("08 53 57 58 40", pg.Code[:2]) || pg.Code == "25006"
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
			sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_INTERRUPT:
			return true
		}
		return false
	}
	var network net.Error
	return errors.As(err, &network) ||
		errors.Is(err, sqldriver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) ||
		pgconn.SafeToRetry(err)
}
