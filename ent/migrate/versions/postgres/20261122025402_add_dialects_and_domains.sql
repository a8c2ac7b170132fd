-- +goose Up
-- modify "recovery_codes" table
ALTER TABLE "recovery_codes" ADD COLUMN "sealed" bytea NULL;
-- modify "sessions" table
ALTER TABLE "sessions" ADD COLUMN "client" character varying NOT NULL DEFAULT 'native';
-- modify "users" table
ALTER TABLE "users" ADD COLUMN "prepared" boolean NOT NULL DEFAULT false;
-- create "dialect_aliases" table
CREATE TABLE "dialect_aliases" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "kind" character varying NOT NULL,
  "number" bigint NOT NULL,
  "value" character varying NOT NULL,
  "created_at" timestamptz NOT NULL,
  "user_id" uuid NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "dialect_aliases_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION
);
-- create index "dialectalias_tenant_id_kind_number" to table: "dialect_aliases"
CREATE UNIQUE INDEX "dialectalias_tenant_id_kind_number" ON "dialect_aliases" ("tenant_id", "kind", "number");
-- create index "dialectalias_tenant_id_kind_value" to table: "dialect_aliases"
CREATE UNIQUE INDEX "dialectalias_tenant_id_kind_value" ON "dialect_aliases" ("tenant_id", "kind", "value");
-- create index "dialectalias_tenant_id_user_id_kind" to table: "dialect_aliases"
CREATE UNIQUE INDEX "dialectalias_tenant_id_user_id_kind" ON "dialect_aliases" ("tenant_id", "user_id", "kind");
-- create "tenant_domains" table
CREATE TABLE "tenant_domains" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "host" character varying NOT NULL,
  "proof" character varying NOT NULL,
  "serves" character varying NULL,
  "verified_at" timestamptz NULL,
  "created_at" timestamptz NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "tenant_domains_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION
);
-- create index "tenantdomain_serves" to table: "tenant_domains"
CREATE UNIQUE INDEX "tenantdomain_serves" ON "tenant_domains" ("serves");
-- create index "tenantdomain_tenant_id_host" to table: "tenant_domains"
CREATE UNIQUE INDEX "tenantdomain_tenant_id_host" ON "tenant_domains" ("tenant_id", "host");

-- +goose Down
-- reverse: create index "tenantdomain_tenant_id_host" to table: "tenant_domains"
DROP INDEX "tenantdomain_tenant_id_host";
-- reverse: create index "tenantdomain_serves" to table: "tenant_domains"
DROP INDEX "tenantdomain_serves";
-- reverse: create "tenant_domains" table
DROP TABLE "tenant_domains";
-- reverse: create index "dialectalias_tenant_id_user_id_kind" to table: "dialect_aliases"
DROP INDEX "dialectalias_tenant_id_user_id_kind";
-- reverse: create index "dialectalias_tenant_id_kind_value" to table: "dialect_aliases"
DROP INDEX "dialectalias_tenant_id_kind_value";
-- reverse: create index "dialectalias_tenant_id_kind_number" to table: "dialect_aliases"
DROP INDEX "dialectalias_tenant_id_kind_number";
-- reverse: create "dialect_aliases" table
DROP TABLE "dialect_aliases";
-- reverse: modify "sessions" table
ALTER TABLE "sessions" DROP COLUMN "client";
-- reverse: modify "recovery_codes" table
ALTER TABLE "recovery_codes" DROP COLUMN "sealed";
-- reverse: modify "users" table
ALTER TABLE "users" DROP COLUMN "prepared";
