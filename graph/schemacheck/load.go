package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
)

// loadFolder reads all *.graphqls of a folder as one schema.
func loadFolder(folder string) (*ast.Schema, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.graphqls"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("read the schema: no files in %s", folder)
	}
	var read []*ast.Source
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read the schema: %w", err)
		}
		read = append(read, &ast.Source{Name: filepath.Base(file), Input: string(text)})
	}
	return load(read...)
}

func load(read ...*ast.Source) (*ast.Schema, error) {
	schema, err := gqlparser.LoadSchema(read...)
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	return schema, nil
}

// Print returns a schema as one text, its types by name.
func Print(schema *ast.Schema) []byte {
	var out bytes.Buffer
	formatter.NewFormatter(&out, formatter.WithIndent("  ")).FormatSchema(schema)
	return out.Bytes()
}

// sinceRelease says what of the last release a schema breaks; nothing where there was none.
func sinceRelease(root string, schema *ast.Schema) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(root, released))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the released schema: %w", err)
	}
	before, err := load(&ast.Source{Name: released, Input: string(text)})
	if err != nil {
		return nil, err
	}
	return Broken(before, schema), nil
}

// own returns the fields of a type that are not the library's.
func own(t *ast.Definition) []*ast.FieldDefinition {
	var out []*ast.FieldDefinition
	for _, f := range t.Fields {
		if !strings.HasPrefix(f.Name, "__") {
			out = append(out, f)
		}
	}
	return out
}

// types returns the types of a schema that are not the library's.
func types(schema *ast.Schema) []*ast.Definition {
	var out []*ast.Definition
	for _, t := range schema.Types {
		if !t.BuiltIn {
			out = append(out, t)
		}
	}
	return out
}
