package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"text/template"

	"ariga.io/atlas/sql/migrate"
	atlas "ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqltool"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	_ "modernc.org/sqlite" // the driver of the SQLite side

	"github.com/tenantgate/tenantgate/internal/store/tables"
)

// errNoChange says that the files lead to the schema already.
var errNoChange = errors.New("no change")

// writeDiff replays the migrations of dir on the empty database db and writes the file that is missing to the schema.
func writeDiff(ctx context.Context, dialect string, db *sql.DB, dir, version, name string) error {
	files, err := sqltool.NewGooseDir(dir)
	if err != nil {
		return err
	}
	form, err := gooseFile(version)
	if err != nil {
		return err
	}
	diff, err := schema.NewMigrate(entsql.OpenDB(dialect, db),
		schema.WithDir(files),
		schema.WithFormatter(form),
		schema.WithMigrationMode(schema.ModeReplay),
		schema.WithDropColumn(true),
		schema.WithDropIndex(true),
		schema.WithErrNoPlan(true),
		schema.WithIndent("  "),
		schema.WithDiffHook(asInspected),
	)
	if err != nil {
		return err
	}
	err = diff.NamedDiff(ctx, name, tables.All()...)
	if errors.Is(err, migrate.ErrNoPlan) {
		return errNoChange
	}
	return err
}

// asInspected takes the parentheses, which Ent puts around the expression of a default, from the wanted schema: SQLite
// shows a default without them, and each diff would rebuild its table.
func asInspected(next schema.Differ) schema.Differ {
	return schema.DiffFunc(func(current, desired *atlas.Schema) ([]atlas.Change, error) {
		for _, t := range desired.Tables {
			for _, c := range t.Columns {
				if x, ok := c.Default.(*atlas.RawExpr); ok && strings.HasPrefix(x.X, "(") && strings.HasSuffix(x.X, ")") {
					c.Default = &atlas.RawExpr{X: x.X[1 : len(x.X)-1]}
				}
			}
		}
		return next.Diff(current, desired)
	})
}

// gooseFile is sqltool.GooseFormatter with a version of ours.
func gooseFile(version string) (migrate.Formatter, error) {
	reverse := template.FuncMap{"reverse": func(changes []*migrate.Change) []*migrate.Change {
		out := make([]*migrate.Change, 0, len(changes))
		for i := len(changes) - 1; i >= 0; i-- {
			out = append(out, changes[i])
		}
		return out
	}}
	name, err := template.New("name").Parse(version + "_{{ .Name }}.sql")
	if err != nil {
		return nil, err
	}
	content, err := template.New("content").Funcs(reverse).Parse(`-- +goose Up
{{ range .Changes }}{{ with .Comment }}-- {{ . }}
{{ end }}{{ .Cmd }};
{{ end }}
-- +goose Down
{{ range $change := reverse .Changes }}{{ with .ReverseStmts }}{{ with $change.Comment }}-- reverse: {{ . }}
{{ end }}{{ range . }}{{ . }};
{{ end }}{{ end }}{{ end }}`)
	if err != nil {
		return nil, err
	}
	return migrate.NewTemplateFormatter(name, content)
}

// writeSum writes atlas.sum for the files of dir.
func writeSum(dir string) error {
	files, err := sqltool.NewGooseDir(dir)
	if err != nil {
		return fmt.Errorf("open %s: %w", dir, err)
	}
	sum, err := files.Checksum()
	if err != nil {
		return fmt.Errorf("sum %s: %w", dir, err)
	}
	return migrate.WriteSumFile(files, sum)
}
