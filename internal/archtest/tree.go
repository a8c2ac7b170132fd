package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// file is what the rules look at in one Go file.
type file struct {
	path      string // slash-separated, from the root of the module
	dir       string // the folder, "." for the root
	pkg       string // name in the package clause
	doc       string // the package comment
	test      bool
	generated bool
	lines     int
	imports   []string
	uses      []use
}

// use is a name of an imported package that a file mentions, such as time.Now.
type use struct {
	path, name string
	line       int
}

// readTree parses all Go files below root except testdata, other modules and hidden folders.
func readTree(root fs.FS) ([]file, error) {
	var files []file
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skipDir(root, name)
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		f, err := readFile(name, text)
		if err != nil {
			return err
		}
		files = append(files, f)
		return nil
	})
	return files, err
}

func skipDir(root fs.FS, name string) error {
	base := path.Base(name)
	if name == "." {
		return nil
	}
	if base[0] == '.' || base[0] == '_' || base == "testdata" || base == "node_modules" {
		return fs.SkipDir
	}
	if _, err := fs.Stat(root, path.Join(name, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

func readFile(name string, text []byte) (file, error) {
	tree, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return file{}, fmt.Errorf("read %s: %w", name, err)
	}
	f := file{
		path:      name,
		dir:       path.Dir(name),
		pkg:       tree.Name.Name,
		doc:       tree.Doc.Text(),
		test:      strings.HasSuffix(name, "_test.go"),
		generated: ast.IsGenerated(tree),
		lines:     bytes.Count(text, []byte("\n")),
	}
	local := map[string]string{} // name in this file → import path
	for _, spec := range tree.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return file{}, fmt.Errorf("read %s: %w", name, err)
		}
		f.imports = append(f.imports, imported)
		if spec.Name != nil {
			local[spec.Name.Name] = imported
		} else {
			local[path.Base(imported)] = imported
		}
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := selector.X.(*ast.Ident); ok && local[x.Name] != "" {
			line := 1 + bytes.Count(text[:selector.Pos()-tree.FileStart], []byte("\n"))
			f.uses = append(f.uses, use{local[x.Name], selector.Sel.Name, line})
		}
		return true
	})
	return f, nil
}

// matches reports whether a folder, or a file where the pattern names one, fits a pattern.
func matches(pattern, dir string) bool {
	switch {
	case pattern == "**":
		return true
	case strings.HasSuffix(pattern, "/**"):
		return within(dir, strings.TrimSuffix(pattern, "/**"))
	case strings.HasSuffix(pattern, "/*"):
		return path.Dir(dir) == strings.TrimSuffix(pattern, "/*")
	}
	return pattern == dir
}

func matchesAny(patterns []string, dir string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, dir) })
}

// within reports whether a slash-separated path is parent or lies below it.
func within(p, parent string) bool {
	return p == parent || strings.HasPrefix(p, parent+"/")
}

// supportsTests reports whether a folder holds a package that exists for tests.
func supportsTests(dir string) bool {
	return strings.HasSuffix(path.Base(dir), "test") || matchesAny(testSupport, dir)
}
