-- +goose Up
-- sort "normal" by bytes, as SQLite does: a search by prefix is then a range of the unique index in every locale
ALTER TABLE "identifiers" ALTER COLUMN "normal" TYPE character varying COLLATE "C";
-- sort "slug" by bytes too: a search by prefix is a range of its index
ALTER TABLE "tenants" ALTER COLUMN "slug" TYPE character varying COLLATE "C";
-- modify "events" table
ALTER TABLE "events" ADD COLUMN "actor_id" uuid NULL, ADD COLUMN "target_id" uuid NULL, ADD COLUMN "position" bigint NULL;
-- create index "event_tenant_id_actor_id_position" to table: "events"
CREATE INDEX "event_tenant_id_actor_id_position" ON "events" ("tenant_id", "actor_id", "position") WHERE (actor_id IS NOT NULL);
-- create index "event_tenant_id_position" to table: "events"
CREATE UNIQUE INDEX "event_tenant_id_position" ON "events" ("tenant_id", "position");
-- create index "event_tenant_id_type_position" to table: "events"
CREATE INDEX "event_tenant_id_type_position" ON "events" ("tenant_id", "type", "position");
-- create index "event_tenant_id_at" to table: "events"
CREATE INDEX "event_tenant_id_at" ON "events" ("tenant_id", "at");
-- create index "event_tenant_id_session_id_position" to table: "events"
CREATE INDEX "event_tenant_id_session_id_position" ON "events" ("tenant_id", "session_id", "position") WHERE (session_id IS NOT NULL);
-- create index "event_tenant_id_target_id_position" to table: "events"
CREATE INDEX "event_tenant_id_target_id_position" ON "events" ("tenant_id", "target_id", "position") WHERE (target_id IS NOT NULL);
-- drop index "event_tenant_id_user_id_at" from table: "events"
DROP INDEX "event_tenant_id_user_id_at";
-- create index "event_tenant_id_user_id_position" to table: "events"
CREATE INDEX "event_tenant_id_user_id_position" ON "events" ("tenant_id", "user_id", "position");
-- create index "event_unplaced" to table: "events"
CREATE INDEX "event_unplaced" ON "events" ("recorded_at", "id") WHERE ("position" IS NULL);
-- create "leases" table
CREATE TABLE "leases" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "name" character varying NOT NULL,
  "holder" character varying NOT NULL,
  "until" bigint NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "leases_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION
);
-- create index "lease_tenant_id_name" to table: "leases"
CREATE UNIQUE INDEX "lease_tenant_id_name" ON "leases" ("tenant_id", "name");
-- create "admin_grants" table
CREATE TABLE "admin_grants" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "over" uuid NOT NULL,
  "role" character varying NOT NULL,
  "created_at" timestamptz NOT NULL,
  "user_id" uuid NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "admin_grants_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION,
  CONSTRAINT "admin_grants_users_grants" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "users" ("tenant_id", "id") ON UPDATE NO ACTION ON DELETE CASCADE
);
-- create index "admingrant_tenant_id_over" to table: "admin_grants"
CREATE INDEX "admingrant_tenant_id_over" ON "admin_grants" ("tenant_id", "over");
-- create index "admingrant_tenant_id_user_id_over" to table: "admin_grants"
CREATE UNIQUE INDEX "admingrant_tenant_id_user_id_over" ON "admin_grants" ("tenant_id", "user_id", "over");
-- create "api_keys" table
CREATE TABLE "api_keys" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "name" character varying NOT NULL,
  "role" character varying NOT NULL,
  "scopes" jsonb NOT NULL,
  "digest" bytea NOT NULL,
  "created_by" uuid NULL,
  "created_at" timestamptz NOT NULL,
  "expires_at" timestamptz NULL,
  "last_used_at" timestamptz NULL,
  "revoked_at" timestamptz NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "api_keys_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION
);
-- create "event_sequences" table
CREATE TABLE "event_sequences" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "last" bigint NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "event_sequences_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION
);
-- create index "eventsequence_tenant_id" to table: "event_sequences"
CREATE UNIQUE INDEX "eventsequence_tenant_id" ON "event_sequences" ("tenant_id");
-- create "mutation_keys" table
CREATE TABLE "mutation_keys" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "actor_id" uuid NOT NULL,
  "mutation" character varying NOT NULL,
  "key_digest" bytea NOT NULL,
  "input_digest" bytea NOT NULL,
  "event_tenant" uuid NOT NULL,
  "event_id" uuid NOT NULL,
  "object_id" uuid NOT NULL,
  "created_at" timestamptz NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "mutation_keys_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION
);
-- create index "mutationkey_created_at" to table: "mutation_keys"
CREATE INDEX "mutationkey_created_at" ON "mutation_keys" ("created_at");
-- create index "mutationkey_tenant_id_actor_id_mutation_key_digest" to table: "mutation_keys"
CREATE UNIQUE INDEX "mutationkey_tenant_id_actor_id_mutation_key_digest" ON "mutation_keys" ("tenant_id", "actor_id", "mutation", "key_digest");
-- create "sign_in_counts" table
CREATE TABLE "sign_in_counts" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "hour" bigint NOT NULL,
  "outcome" character varying NOT NULL,
  "factor" character varying NOT NULL,
  "count" bigint NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "sign_in_counts_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION
);
-- create index "signincount_tenant_id_hour_outcome_factor" to table: "sign_in_counts"
CREATE UNIQUE INDEX "signincount_tenant_id_hour_outcome_factor" ON "sign_in_counts" ("tenant_id", "hour", "outcome", "factor");

-- +goose Down
-- reverse: create index "signincount_tenant_id_hour_outcome_factor" to table: "sign_in_counts"
DROP INDEX "signincount_tenant_id_hour_outcome_factor";
-- reverse: create "sign_in_counts" table
DROP TABLE "sign_in_counts";
-- reverse: create index "mutationkey_tenant_id_actor_id_mutation_key_digest" to table: "mutation_keys"
DROP INDEX "mutationkey_tenant_id_actor_id_mutation_key_digest";
-- reverse: create index "mutationkey_created_at" to table: "mutation_keys"
DROP INDEX "mutationkey_created_at";
-- reverse: create "mutation_keys" table
DROP TABLE "mutation_keys";
-- reverse: create index "eventsequence_tenant_id" to table: "event_sequences"
DROP INDEX "eventsequence_tenant_id";
-- reverse: create "event_sequences" table
DROP TABLE "event_sequences";
-- reverse: create "api_keys" table
DROP TABLE "api_keys";
-- reverse: create index "admingrant_tenant_id_user_id_over" to table: "admin_grants"
DROP INDEX "admingrant_tenant_id_user_id_over";
-- reverse: create index "admingrant_tenant_id_over" to table: "admin_grants"
DROP INDEX "admingrant_tenant_id_over";
-- reverse: create "admin_grants" table
DROP TABLE "admin_grants";
-- reverse: create index "lease_tenant_id_name" to table: "leases"
DROP INDEX "lease_tenant_id_name";
-- reverse: create "leases" table
DROP TABLE "leases";
-- reverse: create index "event_unplaced" to table: "events"
DROP INDEX "event_unplaced";
-- reverse: create index "event_tenant_id_user_id_position" to table: "events"
DROP INDEX "event_tenant_id_user_id_position";
-- reverse: drop index "event_tenant_id_user_id_at" from table: "events"
CREATE INDEX "event_tenant_id_user_id_at" ON "events" ("tenant_id", "user_id", "at");
-- reverse: create index "event_tenant_id_target_id_position" to table: "events"
DROP INDEX "event_tenant_id_target_id_position";
-- reverse: create index "event_tenant_id_session_id_position" to table: "events"
DROP INDEX "event_tenant_id_session_id_position";
-- reverse: create index "event_tenant_id_at" to table: "events"
DROP INDEX "event_tenant_id_at";
-- reverse: create index "event_tenant_id_type_position" to table: "events"
DROP INDEX "event_tenant_id_type_position";
-- reverse: create index "event_tenant_id_position" to table: "events"
DROP INDEX "event_tenant_id_position";
-- reverse: create index "event_tenant_id_actor_id_position" to table: "events"
DROP INDEX "event_tenant_id_actor_id_position";
-- reverse: modify "events" table
ALTER TABLE "events" DROP COLUMN "position", DROP COLUMN "target_id", DROP COLUMN "actor_id";
-- reverse: sort "normal" by bytes
ALTER TABLE "identifiers" ALTER COLUMN "normal" TYPE character varying COLLATE "default";
-- reverse: sort "slug" by bytes too
ALTER TABLE "tenants" ALTER COLUMN "slug" TYPE character varying COLLATE "default";
