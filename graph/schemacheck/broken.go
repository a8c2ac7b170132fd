package main

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
)

// Broken says what callers of one schema miss in the next, a line for each that begins with the place.
func Broken(before, after *ast.Schema) []string {
	b := &broken{}
	for _, t := range types(before) {
		next := after.Types[t.Name]
		switch {
		case next == nil:
			b.line(t.Name, "is gone")
		case next.Kind != t.Kind:
			b.line(t.Name, "was %s and is %s", t.Kind, next.Kind)
		default:
			b.definition(t, next)
		}
	}
	return sortedLines(b.lines)
}

type broken struct{ lines []string }

func (b *broken) line(place, format string, args ...any) {
	b.lines = append(b.lines, "breaks callers: "+place+": "+fmt.Sprintf(format, args...))
}

func (b *broken) definition(was, is *ast.Definition) {
	for _, v := range was.EnumValues {
		if is.EnumValues.ForName(v.Name) == nil {
			b.line(was.Name+"."+v.Name, "is gone")
		}
	}
	b.members(was.Name, "implements", was.Interfaces, is.Interfaces)
	b.members(was.Name, "holds", was.Types, is.Types)
	for _, f := range own(was) {
		next := is.Fields.ForName(f.Name)
		if next == nil {
			b.line(was.Name+"."+f.Name, "is gone")
			continue
		}
		if was.Kind == ast.InputObject {
			b.input(was.Name+"."+f.Name, f.Type, next.Type, f.DefaultValue, next.DefaultValue)
			continue
		}
		b.field(was.Name+"."+f.Name, f, next)
	}
	if was.Kind != ast.InputObject {
		return
	}
	for _, f := range own(is) {
		if was.Fields.ForName(f.Name) == nil && required(f.Type, f.DefaultValue) {
			b.line(was.Name+"."+f.Name, "is new and required")
		}
	}
}

func (b *broken) members(place, verb string, was, is []string) {
	held := map[string]bool{}
	for _, name := range is {
		held[name] = true
	}
	for _, name := range was {
		if !held[name] {
			b.line(place, "%s %s no more", verb, name)
		}
	}
}

func (b *broken) field(place string, was, is *ast.FieldDefinition) {
	if !outputHolds(was.Type, is.Type) {
		b.line(place, "was %s and is %s", was.Type, is.Type)
	}
	for _, a := range was.Arguments {
		next := is.Arguments.ForName(a.Name)
		if next == nil {
			b.line(place+"("+a.Name+")", "is gone")
			continue
		}
		b.input(place+"("+a.Name+")", a.Type, next.Type, a.DefaultValue, next.DefaultValue)
	}
	for _, a := range is.Arguments {
		if was.Arguments.ForName(a.Name) == nil && required(a.Type, a.DefaultValue) {
			b.line(place+"("+a.Name+")", "is new and required")
		}
	}
}

// input compares what callers give: it may get laxer, and a default stays what it is.
func (b *broken) input(place string, was, is *ast.Type, wasDefault, isDefault *ast.Value) {
	switch {
	case !inputHolds(was, is) && !(isDefault != nil && inputHolds(was, nullable(is))):
		b.line(place, "was %s and is %s", was, is)
	case wasDefault != nil && (isDefault == nil || isDefault.String() != wasDefault.String()):
		b.line(place, "its default %s has changed", wasDefault)
	}
}

func required(t *ast.Type, fallback *ast.Value) bool { return t.NonNull && fallback == nil }

func nullable(t *ast.Type) *ast.Type {
	out := *t
	out.NonNull = false
	return &out
}

// outputHolds reports whether every value of the new type is one of the old: it may be null less often.
func outputHolds(was, is *ast.Type) bool {
	if was.NonNull && !is.NonNull {
		return false
	}
	if was.Elem != nil || is.Elem != nil {
		return was.Elem != nil && is.Elem != nil && outputHolds(was.Elem, is.Elem)
	}
	return was.NamedType == is.NamedType
}

// inputHolds reports whether every value of the old type is one of the new: it may be null more often.
func inputHolds(was, is *ast.Type) bool {
	if is.NonNull && !was.NonNull {
		return false
	}
	if was.Elem != nil || is.Elem != nil {
		return was.Elem != nil && is.Elem != nil && inputHolds(was.Elem, is.Elem)
	}
	return was.NamedType == is.NamedType
}
