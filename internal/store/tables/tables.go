// Package tables is the schema as both databases hold it. It is apart from package store because only developers' tools and
// tests compare schemas, and what does that is large.
package tables

import (
	"slices"

	"entgo.io/ent/dialect/sql/schema"

	"github.com/tenantgate/tenantgate/ent/migrate"
)

const tenantColumn = "tenant_id"

// All returns Ent's tables with tenant_id leading the primary key of every
// tenant-owned table and every foreign key between two of them. A row can then neither be found nor referred to from
// another tenant, whatever a query forgot. Ent itself knows single-column keys only, and marks the column of a
// one-to-one edge as unique by itself: there the schema's index over tenant_id and the column serves instead.
//
// The tables are copies: Ent's own stay as generated. A table comes after those that it refers to.
func All() []*schema.Table {
	copies := make(map[*schema.Table]*schema.Table, len(migrate.Tables))
	out := make([]*schema.Table, 0, len(migrate.Tables))
	for _, t := range migrate.Tables {
		c := copyTable(t)
		copies[t] = c
		out = append(out, c)
	}
	for _, t := range migrate.Tables {
		copies[t].ForeignKeys = widenForeignKeys(copies[t], t.ForeignKeys, copies)
	}
	return referredFirst(out)
}

func referredFirst(tables []*schema.Table) []*schema.Table {
	out := make([]*schema.Table, 0, len(tables))
	var add func(*schema.Table)
	add = func(t *schema.Table) {
		for _, k := range t.ForeignKeys {
			if k.RefTable != t && !slices.Contains(out, k.RefTable) {
				add(k.RefTable)
			}
		}
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	for _, t := range tables {
		add(t)
	}
	return out
}

func copyTable(t *schema.Table) *schema.Table {
	c := schema.NewTable(t.Name).SetAnnotation(t.Annotation)
	_, owned := t.Column(tenantColumn)
	for _, col := range t.Columns {
		d := *col
		// Filled by the database, hence optional to Ent; never null all the same.
		if d.Default != nil {
			d.Nullable = false
		}
		if owned {
			d.Unique = false
		}
		c.AddColumn(&d)
	}
	c.PrimaryKey = columns(c, t.PrimaryKey)
	if tenant, ok := c.Column(tenantColumn); ok {
		c.PrimaryKey = slices.Insert(c.PrimaryKey, 0, tenant)
		// First of the columns too: what inspects a primary key in SQLite goes by their order.
		at := slices.Index(c.Columns, tenant)
		c.Columns = slices.Insert(slices.Delete(c.Columns, at, at+1), 0, tenant)
	}
	for _, i := range t.Indexes {
		d := *i
		d.Columns = columns(c, i.Columns)
		c.Indexes = append(c.Indexes, &d)
	}
	return c
}

func widenForeignKeys(c *schema.Table, keys []*schema.ForeignKey, copies map[*schema.Table]*schema.Table) []*schema.ForeignKey {
	var out []*schema.ForeignKey
	for _, k := range keys {
		ref := copies[k.RefTable]
		d := *k
		d.RefTable = ref
		d.Columns = columns(c, k.Columns)
		d.RefColumns = columns(ref, k.RefColumns)
		tenant, owned := c.Column(tenantColumn)
		refTenant, refOwned := ref.Column(tenantColumn)
		if owned && refOwned {
			d.Columns = slices.Insert(d.Columns, 0, tenant)
			d.RefColumns = slices.Insert(d.RefColumns, 0, refTenant)
		}
		out = append(out, &d)
	}
	return out
}

// columns finds the columns of the same names in the copy.
func columns(c *schema.Table, cols []*schema.Column) []*schema.Column {
	out := make([]*schema.Column, 0, len(cols))
	for _, col := range cols {
		d, _ := c.Column(col.Name)
		out = append(out, d)
	}
	return out
}
