-- +goose Up
-- create "tenants" table
CREATE TABLE "tenants" (
  "id" uuid NOT NULL,
  "slug" character varying NULL,
  "name" character varying NOT NULL,
  "status" character varying NOT NULL,
  "issuer" character varying NOT NULL,
  "settings" jsonb NOT NULL,
  "version" bigint NOT NULL DEFAULT 1,
  "created_at" timestamptz NOT NULL,
  "updated_at" timestamptz NOT NULL,
  PRIMARY KEY ("id")
);
-- create index "tenants_slug_key" to table: "tenants"
CREATE UNIQUE INDEX "tenants_slug_key" ON "tenants" ("slug");
-- create "users" table
CREATE TABLE "users" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "status" character varying NOT NULL DEFAULT 'active',
  "email" character varying NOT NULL DEFAULT '',
  "email_verified" boolean NOT NULL DEFAULT false,
  "username" character varying NOT NULL DEFAULT '',
  "phone" character varying NOT NULL DEFAULT '',
  "name" character varying NOT NULL DEFAULT '',
  "profile" jsonb NULL,
  "credential_version" bigint NOT NULL DEFAULT 1,
  "created_at" timestamptz NOT NULL,
  "updated_at" timestamptz NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "users_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION
);
-- create "challenges" table
CREATE TABLE "challenges" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "purpose" character varying NOT NULL,
  "session_id" uuid NULL,
  "subject" bytea NOT NULL,
  "factors" jsonb NOT NULL,
  "proofs" jsonb NULL,
  "code_digest" bytea NULL,
  "link_digest" bytea NULL,
  "sealed" bytea NULL,
  "tries_left" bigint NOT NULL,
  "created_at" timestamptz NOT NULL,
  "expires_at" timestamptz NOT NULL,
  "used_at" timestamptz NULL,
  "user_id" uuid NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "challenges_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION,
  CONSTRAINT "challenges_users_challenges" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "users" ("tenant_id", "id") ON UPDATE NO ACTION ON DELETE CASCADE
);
-- create index "challenge_expires_at" to table: "challenges"
CREATE INDEX "challenge_expires_at" ON "challenges" ("expires_at");
-- create index "challenge_tenant_id_subject_created_at" to table: "challenges"
CREATE INDEX "challenge_tenant_id_subject_created_at" ON "challenges" ("tenant_id", "subject", "created_at");
-- create index "challenge_tenant_id_user_id" to table: "challenges"
CREATE INDEX "challenge_tenant_id_user_id" ON "challenges" ("tenant_id", "user_id");
-- create "data_keys" table
CREATE TABLE "data_keys" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "version" bigint NOT NULL,
  "master_key_id" character varying NOT NULL,
  "wrapped" bytea NOT NULL,
  "created_at" timestamptz NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "data_keys_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION
);
-- create index "datakey_tenant_id_version" to table: "data_keys"
CREATE UNIQUE INDEX "datakey_tenant_id_version" ON "data_keys" ("tenant_id", "version");
-- create "events" table
CREATE TABLE "events" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "type" character varying NOT NULL,
  "actor" character varying NOT NULL,
  "user_id" uuid NULL,
  "session_id" uuid NULL,
  "data" jsonb NULL,
  "at" timestamptz NOT NULL,
  "recorded_at" bigint NOT NULL DEFAULT ((EXTRACT(epoch FROM clock_timestamp()) * (1000)::numeric))::bigint,
  "feeds" boolean NOT NULL DEFAULT false,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "events_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION
);
-- create index "event_feed" to table: "events"
CREATE INDEX "event_feed" ON "events" ("recorded_at") WHERE feeds;
-- create index "event_tenant_id_user_id_at" to table: "events"
CREATE INDEX "event_tenant_id_user_id_at" ON "events" ("tenant_id", "user_id", "at");
-- create "identifiers" table
CREATE TABLE "identifiers" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "kind" character varying NOT NULL,
  "value" character varying NOT NULL,
  "normal" character varying NOT NULL,
  "main" boolean NOT NULL DEFAULT false,
  "verified_at" timestamptz NULL,
  "created_at" timestamptz NOT NULL,
  "user_id" uuid NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "identifiers_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION,
  CONSTRAINT "identifiers_users_identifiers" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "users" ("tenant_id", "id") ON UPDATE NO ACTION ON DELETE CASCADE
);
-- create index "identifier_tenant_id_kind_normal" to table: "identifiers"
CREATE UNIQUE INDEX "identifier_tenant_id_kind_normal" ON "identifiers" ("tenant_id", "kind", "normal");
-- create index "identifier_tenant_id_user_id" to table: "identifiers"
CREATE INDEX "identifier_tenant_id_user_id" ON "identifiers" ("tenant_id", "user_id");
-- create "jobs" table
CREATE TABLE "jobs" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "kind" character varying NOT NULL,
  "status" character varying NOT NULL DEFAULT 'ready',
  "payload" bytea NOT NULL,
  "attempts" bigint NOT NULL DEFAULT 0,
  "due_at" bigint NOT NULL DEFAULT ((EXTRACT(epoch FROM clock_timestamp()) * (1000)::numeric))::bigint,
  "expires_at" timestamptz NULL,
  "last_error" character varying NOT NULL DEFAULT '',
  "created_at" timestamptz NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "jobs_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION
);
-- create index "job_status_due_at" to table: "jobs"
CREATE INDEX "job_status_due_at" ON "jobs" ("status", "due_at");
-- create "password_credentials" table
CREATE TABLE "password_credentials" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "hash" character varying NOT NULL,
  "former" jsonb NULL,
  "changed_at" timestamptz NOT NULL,
  "user_id" uuid NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "password_credentials_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION,
  CONSTRAINT "password_credentials_users_password" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "users" ("tenant_id", "id") ON UPDATE NO ACTION ON DELETE CASCADE
);
-- create index "passwordcredential_tenant_id_user_id" to table: "password_credentials"
CREATE UNIQUE INDEX "passwordcredential_tenant_id_user_id" ON "password_credentials" ("tenant_id", "user_id");
-- create "sessions" table
CREATE TABLE "sessions" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "credential_version" bigint NOT NULL,
  "generation" bigint NOT NULL,
  "raised_generation" bigint NOT NULL DEFAULT 0,
  "proofs" jsonb NOT NULL,
  "auth_time" timestamptz NOT NULL,
  "created_at" timestamptz NOT NULL,
  "rotated_at" timestamptz NOT NULL,
  "last_seen_at" timestamptz NOT NULL,
  "expires_at" timestamptz NOT NULL,
  "ended_at" timestamptz NULL,
  "end_reason" character varying NULL,
  "user_agent" character varying NOT NULL DEFAULT '',
  "address" character varying NOT NULL DEFAULT '',
  "user_id" uuid NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "sessions_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION,
  CONSTRAINT "sessions_users_sessions" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "users" ("tenant_id", "id") ON UPDATE NO ACTION ON DELETE CASCADE
);
-- create index "session_expires_at" to table: "sessions"
CREATE INDEX "session_expires_at" ON "sessions" ("expires_at");
-- create index "session_tenant_id_user_id_created_at" to table: "sessions"
CREATE INDEX "session_tenant_id_user_id_created_at" ON "sessions" ("tenant_id", "user_id", "created_at");
-- create "signing_keys" table
CREATE TABLE "signing_keys" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "kid" character varying NOT NULL,
  "algorithm" character varying NOT NULL,
  "status" character varying NOT NULL,
  "public_jwk" bytea NOT NULL,
  "private_sealed" bytea NOT NULL,
  "compromised" boolean NOT NULL DEFAULT false,
  "published_at" timestamptz NOT NULL,
  "activated_at" timestamptz NULL,
  "retiring_at" timestamptz NULL,
  "publish_until" timestamptz NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "signing_keys_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION
);
-- create index "signingkey_one_active" to table: "signing_keys"
CREATE UNIQUE INDEX "signingkey_one_active" ON "signing_keys" ("tenant_id") WHERE ((status)::text = 'active'::text);
-- create index "signingkey_one_next" to table: "signing_keys"
CREATE UNIQUE INDEX "signingkey_one_next" ON "signing_keys" ("tenant_id", "status") WHERE ((status)::text = 'next'::text);
-- create index "signingkey_tenant_id_kid" to table: "signing_keys"
CREATE UNIQUE INDEX "signingkey_tenant_id_kid" ON "signing_keys" ("tenant_id", "kid");
-- create "throttles" table
CREATE TABLE "throttles" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "subject" character varying NOT NULL,
  "holder" character varying NOT NULL DEFAULT '',
  "count" bigint NOT NULL,
  "window_ends_at" timestamptz NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "throttles_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION
);
-- create index "throttle_tenant_id_subject" to table: "throttles"
CREATE UNIQUE INDEX "throttle_tenant_id_subject" ON "throttles" ("tenant_id", "subject");
-- create index "throttle_window_ends_at" to table: "throttles"
CREATE INDEX "throttle_window_ends_at" ON "throttles" ("window_ends_at");

-- +goose Down
-- reverse: create index "throttle_window_ends_at" to table: "throttles"
DROP INDEX "throttle_window_ends_at";
-- reverse: create index "throttle_tenant_id_subject" to table: "throttles"
DROP INDEX "throttle_tenant_id_subject";
-- reverse: create "throttles" table
DROP TABLE "throttles";
-- reverse: create index "signingkey_tenant_id_kid" to table: "signing_keys"
DROP INDEX "signingkey_tenant_id_kid";
-- reverse: create index "signingkey_one_next" to table: "signing_keys"
DROP INDEX "signingkey_one_next";
-- reverse: create index "signingkey_one_active" to table: "signing_keys"
DROP INDEX "signingkey_one_active";
-- reverse: create "signing_keys" table
DROP TABLE "signing_keys";
-- reverse: create index "session_tenant_id_user_id_created_at" to table: "sessions"
DROP INDEX "session_tenant_id_user_id_created_at";
-- reverse: create index "session_expires_at" to table: "sessions"
DROP INDEX "session_expires_at";
-- reverse: create "sessions" table
DROP TABLE "sessions";
-- reverse: create index "passwordcredential_tenant_id_user_id" to table: "password_credentials"
DROP INDEX "passwordcredential_tenant_id_user_id";
-- reverse: create "password_credentials" table
DROP TABLE "password_credentials";
-- reverse: create index "job_status_due_at" to table: "jobs"
DROP INDEX "job_status_due_at";
-- reverse: create "jobs" table
DROP TABLE "jobs";
-- reverse: create index "identifier_tenant_id_user_id" to table: "identifiers"
DROP INDEX "identifier_tenant_id_user_id";
-- reverse: create index "identifier_tenant_id_kind_normal" to table: "identifiers"
DROP INDEX "identifier_tenant_id_kind_normal";
-- reverse: create "identifiers" table
DROP TABLE "identifiers";
-- reverse: create index "event_tenant_id_user_id_at" to table: "events"
DROP INDEX "event_tenant_id_user_id_at";
-- reverse: create index "event_feed" to table: "events"
DROP INDEX "event_feed";
-- reverse: create "events" table
DROP TABLE "events";
-- reverse: create index "datakey_tenant_id_version" to table: "data_keys"
DROP INDEX "datakey_tenant_id_version";
-- reverse: create "data_keys" table
DROP TABLE "data_keys";
-- reverse: create index "challenge_tenant_id_user_id" to table: "challenges"
DROP INDEX "challenge_tenant_id_user_id";
-- reverse: create index "challenge_tenant_id_subject_created_at" to table: "challenges"
DROP INDEX "challenge_tenant_id_subject_created_at";
-- reverse: create index "challenge_expires_at" to table: "challenges"
DROP INDEX "challenge_expires_at";
-- reverse: create "challenges" table
DROP TABLE "challenges";
-- reverse: create "users" table
DROP TABLE "users";
-- reverse: create index "tenants_slug_key" to table: "tenants"
DROP INDEX "tenants_slug_key";
-- reverse: create "tenants" table
DROP TABLE "tenants";
