package main

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Check says which rules a schema breaks, a line for each breach that begins with the place.
func Check(schema *ast.Schema) []string {
	c := &check{schema: schema}
	for _, d := range schema.Directives {
		if d.Position != nil && d.Position.Src != nil && !d.Position.Src.BuiltIn {
			c.described("@"+d.Name, d.Description)
			c.argumentsDescribed("@"+d.Name, d.Arguments)
		}
	}
	for _, t := range types(schema) {
		c.typeDescribed(t)
		c.ids(t)
		if t.Kind != ast.Object {
			continue
		}
		c.guarded(t)
		c.costed(t)
		if strings.HasSuffix(t.Name, "Connection") {
			c.connection(t)
		}
	}
	if schema.Mutation != nil {
		for _, f := range own(schema.Mutation) {
			c.mutation(f)
		}
	}
	return sortedLines(c.wrong)
}

type check struct {
	schema *ast.Schema
	wrong  []string
}

func (c *check) breach(place, format string, args ...any) {
	c.wrong = append(c.wrong, place+": "+fmt.Sprintf(format, args...))
}

func (c *check) isRoot(t *ast.Definition) bool {
	return t == c.schema.Query || t == c.schema.Mutation || t == c.schema.Subscription
}

func (c *check) described(place, text string) {
	if strings.TrimSpace(text) == "" {
		c.breach(place, "is not described")
	}
}

func (c *check) argumentsDescribed(place string, arguments ast.ArgumentDefinitionList) {
	for _, a := range arguments {
		c.described(place+"("+a.Name+")", a.Description)
	}
}

func (c *check) typeDescribed(t *ast.Definition) {
	c.described(t.Name, t.Description)
	for _, f := range own(t) {
		c.described(t.Name+"."+f.Name, f.Description)
		c.argumentsDescribed(t.Name+"."+f.Name, f.Arguments)
	}
	for _, v := range t.EnumValues {
		c.described(t.Name+"."+v.Name, v.Description)
	}
}

// ids: what identifies an object is an opaque ID, and never a number.
func (c *check) ids(t *ast.Definition) {
	for _, f := range own(t) {
		place := t.Name + "." + f.Name
		if f.Name == "id" && f.Type.String() != "ID!" {
			c.breach(place, "an id is ID!, not %s", f.Type)
		}
		c.idType(place, f.Name, f.Type)
		for _, a := range f.Arguments {
			c.idType(place+"("+a.Name+")", a.Name, a.Type)
		}
		if f.Name == "id" && t.Kind == ast.Object && !strings.HasPrefix(f.Description, "Opaque") {
			c.breach(place, "its description does not say that it is opaque")
		}
	}
}

func (c *check) idType(place, name string, t *ast.Type) {
	named := name == "id" || name == "ids" || strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "Ids")
	if named && t.Name() != "ID" && t.Name() != "String" {
		c.breach(place, "an id is ID or String, not %s", t)
	}
	if (name == "id" || name == "ids") && t.Name() != "ID" {
		c.breach(place, "an id is ID, not %s", t)
	}
}

// costed: who answers for work says what it costs, even where that is nothing.
func (c *check) costed(t *ast.Definition) {
	if strings.HasSuffix(t.Name, "Edge") || c.isPayload(t) {
		return
	}
	for _, f := range own(t) {
		place := t.Name + "." + f.Name
		weight := f.Directives.ForName("cost")
		object := c.isObject(f.Type)
		if strings.HasSuffix(t.Name, "Connection") {
			object = f.Name == "totalCount"
		}
		if (c.isRoot(t) || object) && weight == nil {
			c.breach(place, "has no @cost")
		}
	}
}

func (c *check) isObject(t *ast.Type) bool {
	of := c.schema.Types[t.Name()]
	return of != nil && of.IsCompositeType()
}

func (c *check) isPayload(t *ast.Definition) bool {
	for _, name := range t.Interfaces {
		if name == "Payload" {
			return true
		}
	}
	return false
}

// mutation: one input, which can carry an idempotency key, and a payload.
func (c *check) mutation(f *ast.FieldDefinition) {
	place := "Mutation." + f.Name
	if out := c.schema.Types[f.Type.Name()]; out == nil || !f.Type.NonNull || !c.isPayload(out) {
		c.breach(place, "does not return a type! that implements Payload")
	}
	if len(f.Arguments) != 1 || f.Arguments[0].Name != "input" {
		c.breach(place, "does not take one argument, input")
		return
	}
	given := f.Arguments[0].Type
	in := c.schema.Types[given.Name()]
	if in == nil || in.Kind != ast.InputObject || !given.NonNull || !strings.HasSuffix(given.Name(), "Input") {
		c.breach(place, "its input is %s, not an …Input!", given)
		return
	}
	if key := in.Fields.ForName("idempotencyKey"); key == nil || key.Type.String() != "String" {
		c.breach(place, "its input has no idempotencyKey: String")
	}
}

// connection: the shape that Relay's clients expect.
func (c *check) connection(t *ast.Definition) {
	noun := strings.TrimSuffix(t.Name, "Connection")
	c.shape(t, map[string]string{
		"edges": "[" + noun + "Edge!]!", "nodes": "[" + noun + "!]!", "pageInfo": "PageInfo!", "totalCount": "Int!",
	})
	edge := c.schema.Types[noun+"Edge"]
	if edge == nil {
		c.breach(t.Name, "there is no %sEdge", noun)
		return
	}
	c.shape(edge, map[string]string{"cursor": "String!", "node": noun + "!"})
	for _, owner := range types(c.schema) {
		for _, f := range own(owner) {
			if f.Type.Name() == t.Name {
				c.paged(owner, f)
			}
		}
	}
}

func (c *check) shape(t *ast.Definition, want map[string]string) {
	for name, form := range want {
		if f := t.Fields.ForName(name); f == nil || f.Type.String() != form {
			c.breach(t.Name+"."+name, "is not %s", form)
		}
	}
	for _, f := range own(t) {
		if want[f.Name] == "" {
			c.breach(t.Name+"."+f.Name, "does not belong there")
		}
	}
}

// paged: a list at the root can be read both ways, by arguments that may be null since only one pair is given; one that hangs
// on an object shows its beginning. How many may be asked for is said.
func (c *check) paged(owner *ast.Definition, f *ast.FieldDefinition) {
	place := owner.Name + "." + f.Name
	want := map[string]string{"first": "Int!"}
	if c.isRoot(owner) {
		want = map[string]string{"first": "Int", "after": "String", "last": "Int", "before": "String"}
	}
	for name, form := range want {
		a := f.Arguments.ForName(name)
		if a == nil || a.Type.String() != form {
			c.breach(place+"("+name+")", "is not %s", form)
			continue
		}
		if strings.HasPrefix(form, "Int") && !strings.Contains(a.Description, "1 to ") {
			c.breach(place+"("+name+")", "its description does not say how many may be asked for")
		}
	}
}
