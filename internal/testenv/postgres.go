package testenv

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// StopMode is how Postgres is asked to end.
type StopMode syscall.Signal

// The modes of pg_ctl stop.
const (
	Smart     = StopMode(syscall.SIGTERM) // waits for clients to leave
	Fast      = StopMode(syscall.SIGINT)  // disconnects them
	Immediate = StopMode(syscall.SIGQUIT) // as after a crash: the next start recovers
)

// PostgresServer is a private server on a free loopback port. It trusts whoever connects, writes durably, and allows 200
// connections.
type PostgresServer struct {
	process
	port int
}

// StartPostgres makes a cluster in dir, which must exist, and starts it. Settings such as "fsync=off" go to the server as
// they are. ctx bounds the start only: end the server with Stop or Kill.
//
// Postgres refuses root. Then it runs as the user postgres or nobody, to whom dir is given.
func StartPostgres(ctx context.Context, dir string, settings ...string) (*PostgresServer, error) {
	initdb, err := postgresProgram("initdb")
	if err != nil {
		return nil, fmt.Errorf("start Postgres: %w", err)
	}
	server := filepath.Join(filepath.Dir(initdb), "postgres")
	as, err := unprivileged()
	if err != nil {
		return nil, fmt.Errorf("start Postgres: %w", err)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, fmt.Errorf("start Postgres: %w", err)
	}
	if err := giveTo(as, dir); err != nil {
		return nil, fmt.Errorf("give the folder to Postgres: %w", err)
	}
	data := filepath.Join(dir, "data")
	create := exec.CommandContext(ctx, initdb, "--pgdata", data, "--username", "postgres", "--auth", "trust",
		"--encoding", "UTF8", "--locale", "C", "--no-instructions", "--no-sync")
	create.Dir, create.SysProcAttr = workDir, detached(as)
	if out, err := create.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make a Postgres cluster: %w\n%s", err, out)
	}
	p := &PostgresServer{port: FreePort()}
	args := []string{
		"-D", data, "-p", strconv.Itoa(p.port),
		"-c", "listen_addresses=127.0.0.1",
		// None: the path of a test's folder is often too long for one.
		"-c", "unix_socket_directories=",
		"-c", "max_connections=200",
		"-c", "fsync=on",
	}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	p.process = process{
		name: "Postgres",
		log:  filepath.Join(dir, "postgres.log"),
		command: func() *exec.Cmd {
			cmd := exec.Command(server, args...)
			cmd.Dir, cmd.SysProcAttr = workDir, detached(as)
			return cmd
		},
		ready: p.answers,
	}
	return p, p.start(ctx)
}

// workDir is one that every user may enter: ours may be closed to the user of the server.
const workDir = "/"

// postgresProgram finds a program of the newest Postgres that is installed, also where Debian hides it.
func postgresProgram(name string) (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil {
		return "", err
	}
	newest, version := "", -1
	for _, path := range found {
		v, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		if err == nil && v > version {
			newest, version = path, v
		}
	}
	if newest != "" {
		return newest, nil
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", errors.New("Postgres is not installed: run make setup")
	}
	// Its companions lie beside the program, not beside a link to it.
	return filepath.EvalSymlinks(path)
}

func (p *PostgresServer) answers(ctx context.Context) error {
	db, err := sql.Open("pgx", p.URL())
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return db.PingContext(ctx)
}

// URL names the database postgres of the server, as its superuser.
func (p *PostgresServer) URL() string {
	return fmt.Sprintf("postgres://postgres@%s/postgres?sslmode=disable", loopback(p.port))
}

// Start starts a server that was stopped or killed: same data, same port.
func (p *PostgresServer) Start() error { return p.start(context.Background()) }

// Stop ends the server and returns once it is gone. It is no error when it was down.
func (p *PostgresServer) Stop(mode StopMode) error { return p.signal(syscall.Signal(mode)) }

// Kill ends the server and its children without warning, as a power cut would, and returns once they are gone.
func (p *PostgresServer) Kill() { p.kill() }

// PID is the process id of the postmaster, 0 while the server is down.
func (p *PostgresServer) PID() int { return p.pid() }

// CPU is the user and system time that the server has used since its last start, in steps of 10 ms: postmaster and
// backends, also those that have ended.
func (p *PostgresServer) CPU() (time.Duration, error) { return p.cpu() }

// Log returns the end of what the server wrote.
func (p *PostgresServer) Log() string { return tail(p.log) }
