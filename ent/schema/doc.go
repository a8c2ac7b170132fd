// Package schema is the data model, one entity a file. Rows that a tenant owns use the mixin Tenanted; internal/store
// widens their keys so that tenant_id leads every primary key, unique key and foreign key.
package schema
