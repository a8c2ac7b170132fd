-- +goose Up
-- create "tenants" table
CREATE TABLE `tenants` (
  `id` uuid NOT NULL,
  `slug` text NULL,
  `name` text NOT NULL,
  `status` text NOT NULL,
  `issuer` text NOT NULL,
  `settings` json NOT NULL,
  `version` integer NOT NULL DEFAULT (1),
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
-- create index "tenants_slug_key" to table: "tenants"
CREATE UNIQUE INDEX `tenants_slug_key` ON `tenants` (`slug`);
-- create "users" table
CREATE TABLE `users` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `status` text NOT NULL DEFAULT ('active'),
  `email` text NOT NULL DEFAULT (''),
  `email_verified` bool NOT NULL DEFAULT (false),
  `username` text NOT NULL DEFAULT (''),
  `phone` text NOT NULL DEFAULT (''),
  `name` text NOT NULL DEFAULT (''),
  `profile` json NULL,
  `credential_version` integer NOT NULL DEFAULT (1),
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `users_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION
);
-- create "challenges" table
CREATE TABLE `challenges` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `purpose` text NOT NULL,
  `session_id` uuid NULL,
  `subject` blob NOT NULL,
  `factors` json NOT NULL,
  `proofs` json NULL,
  `code_digest` blob NULL,
  `link_digest` blob NULL,
  `sealed` blob NULL,
  `tries_left` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `expires_at` datetime NOT NULL,
  `used_at` datetime NULL,
  `user_id` uuid NULL,
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `challenges_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `challenges_users_challenges` FOREIGN KEY (`tenant_id`, `user_id`) REFERENCES `users` (`tenant_id`, `id`) ON DELETE CASCADE
);
-- create index "challenge_tenant_id_subject_created_at" to table: "challenges"
CREATE INDEX `challenge_tenant_id_subject_created_at` ON `challenges` (`tenant_id`, `subject`, `created_at`);
-- create index "challenge_tenant_id_user_id" to table: "challenges"
CREATE INDEX `challenge_tenant_id_user_id` ON `challenges` (`tenant_id`, `user_id`);
-- create index "challenge_expires_at" to table: "challenges"
CREATE INDEX `challenge_expires_at` ON `challenges` (`expires_at`);
-- create "data_keys" table
CREATE TABLE `data_keys` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `version` integer NOT NULL,
  `master_key_id` text NOT NULL,
  `wrapped` blob NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `data_keys_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION
);
-- create index "datakey_tenant_id_version" to table: "data_keys"
CREATE UNIQUE INDEX `datakey_tenant_id_version` ON `data_keys` (`tenant_id`, `version`);
-- create "events" table
CREATE TABLE `events` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `type` text NOT NULL,
  `actor` text NOT NULL,
  `user_id` uuid NULL,
  `session_id` uuid NULL,
  `data` json NULL,
  `at` datetime NOT NULL,
  `recorded_at` integer NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
  `feeds` bool NOT NULL DEFAULT (false),
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `events_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION
);
-- create index "event_tenant_id_user_id_at" to table: "events"
CREATE INDEX `event_tenant_id_user_id_at` ON `events` (`tenant_id`, `user_id`, `at`);
-- create index "event_feed" to table: "events"
CREATE INDEX `event_feed` ON `events` (`recorded_at`) WHERE feeds;
-- create "identifiers" table
CREATE TABLE `identifiers` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `kind` text NOT NULL,
  `value` text NOT NULL,
  `normal` text NOT NULL,
  `main` bool NOT NULL DEFAULT (false),
  `verified_at` datetime NULL,
  `created_at` datetime NOT NULL,
  `user_id` uuid NOT NULL,
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `identifiers_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `identifiers_users_identifiers` FOREIGN KEY (`tenant_id`, `user_id`) REFERENCES `users` (`tenant_id`, `id`) ON DELETE CASCADE
);
-- create index "identifier_tenant_id_kind_normal" to table: "identifiers"
CREATE UNIQUE INDEX `identifier_tenant_id_kind_normal` ON `identifiers` (`tenant_id`, `kind`, `normal`);
-- create index "identifier_tenant_id_user_id" to table: "identifiers"
CREATE INDEX `identifier_tenant_id_user_id` ON `identifiers` (`tenant_id`, `user_id`);
-- create "jobs" table
CREATE TABLE `jobs` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `kind` text NOT NULL,
  `status` text NOT NULL DEFAULT ('ready'),
  `payload` blob NOT NULL,
  `attempts` integer NOT NULL DEFAULT (0),
  `due_at` integer NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
  `expires_at` datetime NULL,
  `last_error` text NOT NULL DEFAULT (''),
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `jobs_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION
);
-- create index "job_status_due_at" to table: "jobs"
CREATE INDEX `job_status_due_at` ON `jobs` (`status`, `due_at`);
-- create "password_credentials" table
CREATE TABLE `password_credentials` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `hash` text NOT NULL,
  `former` json NULL,
  `changed_at` datetime NOT NULL,
  `user_id` uuid NOT NULL,
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `password_credentials_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `password_credentials_users_password` FOREIGN KEY (`tenant_id`, `user_id`) REFERENCES `users` (`tenant_id`, `id`) ON DELETE CASCADE
);
-- create index "passwordcredential_tenant_id_user_id" to table: "password_credentials"
CREATE UNIQUE INDEX `passwordcredential_tenant_id_user_id` ON `password_credentials` (`tenant_id`, `user_id`);
-- create "sessions" table
CREATE TABLE `sessions` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `credential_version` integer NOT NULL,
  `generation` integer NOT NULL,
  `raised_generation` integer NOT NULL DEFAULT (0),
  `proofs` json NOT NULL,
  `auth_time` datetime NOT NULL,
  `created_at` datetime NOT NULL,
  `rotated_at` datetime NOT NULL,
  `last_seen_at` datetime NOT NULL,
  `expires_at` datetime NOT NULL,
  `ended_at` datetime NULL,
  `end_reason` text NULL,
  `user_agent` text NOT NULL DEFAULT (''),
  `address` text NOT NULL DEFAULT (''),
  `user_id` uuid NOT NULL,
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `sessions_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `sessions_users_sessions` FOREIGN KEY (`tenant_id`, `user_id`) REFERENCES `users` (`tenant_id`, `id`) ON DELETE CASCADE
);
-- create index "session_tenant_id_user_id_created_at" to table: "sessions"
CREATE INDEX `session_tenant_id_user_id_created_at` ON `sessions` (`tenant_id`, `user_id`, `created_at`);
-- create index "session_expires_at" to table: "sessions"
CREATE INDEX `session_expires_at` ON `sessions` (`expires_at`);
-- create "signing_keys" table
CREATE TABLE `signing_keys` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `kid` text NOT NULL,
  `algorithm` text NOT NULL,
  `status` text NOT NULL,
  `public_jwk` blob NOT NULL,
  `private_sealed` blob NOT NULL,
  `compromised` bool NOT NULL DEFAULT (false),
  `published_at` datetime NOT NULL,
  `activated_at` datetime NULL,
  `retiring_at` datetime NULL,
  `publish_until` datetime NULL,
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `signing_keys_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION
);
-- create index "signingkey_tenant_id_kid" to table: "signing_keys"
CREATE UNIQUE INDEX `signingkey_tenant_id_kid` ON `signing_keys` (`tenant_id`, `kid`);
-- create index "signingkey_one_active" to table: "signing_keys"
CREATE UNIQUE INDEX `signingkey_one_active` ON `signing_keys` (`tenant_id`) WHERE status = 'active';
-- create index "signingkey_one_next" to table: "signing_keys"
CREATE UNIQUE INDEX `signingkey_one_next` ON `signing_keys` (`tenant_id`, `status`) WHERE status = 'next';
-- create "throttles" table
CREATE TABLE `throttles` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `subject` text NOT NULL,
  `holder` text NOT NULL DEFAULT (''),
  `count` integer NOT NULL,
  `window_ends_at` datetime NOT NULL,
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `throttles_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION
);
-- create index "throttle_tenant_id_subject" to table: "throttles"
CREATE UNIQUE INDEX `throttle_tenant_id_subject` ON `throttles` (`tenant_id`, `subject`);
-- create index "throttle_window_ends_at" to table: "throttles"
CREATE INDEX `throttle_window_ends_at` ON `throttles` (`window_ends_at`);

-- +goose Down
-- reverse: create index "throttle_window_ends_at" to table: "throttles"
DROP INDEX `throttle_window_ends_at`;
-- reverse: create index "throttle_tenant_id_subject" to table: "throttles"
DROP INDEX `throttle_tenant_id_subject`;
-- reverse: create "throttles" table
DROP TABLE `throttles`;
-- reverse: create index "signingkey_one_next" to table: "signing_keys"
DROP INDEX `signingkey_one_next`;
-- reverse: create index "signingkey_one_active" to table: "signing_keys"
DROP INDEX `signingkey_one_active`;
-- reverse: create index "signingkey_tenant_id_kid" to table: "signing_keys"
DROP INDEX `signingkey_tenant_id_kid`;
-- reverse: create "signing_keys" table
DROP TABLE `signing_keys`;
-- reverse: create index "session_expires_at" to table: "sessions"
DROP INDEX `session_expires_at`;
-- reverse: create index "session_tenant_id_user_id_created_at" to table: "sessions"
DROP INDEX `session_tenant_id_user_id_created_at`;
-- reverse: create "sessions" table
DROP TABLE `sessions`;
-- reverse: create index "passwordcredential_tenant_id_user_id" to table: "password_credentials"
DROP INDEX `passwordcredential_tenant_id_user_id`;
-- reverse: create "password_credentials" table
DROP TABLE `password_credentials`;
-- reverse: create index "job_status_due_at" to table: "jobs"
DROP INDEX `job_status_due_at`;
-- reverse: create "jobs" table
DROP TABLE `jobs`;
-- reverse: create index "identifier_tenant_id_user_id" to table: "identifiers"
DROP INDEX `identifier_tenant_id_user_id`;
-- reverse: create index "identifier_tenant_id_kind_normal" to table: "identifiers"
DROP INDEX `identifier_tenant_id_kind_normal`;
-- reverse: create "identifiers" table
DROP TABLE `identifiers`;
-- reverse: create index "event_feed" to table: "events"
DROP INDEX `event_feed`;
-- reverse: create index "event_tenant_id_user_id_at" to table: "events"
DROP INDEX `event_tenant_id_user_id_at`;
-- reverse: create "events" table
DROP TABLE `events`;
-- reverse: create index "datakey_tenant_id_version" to table: "data_keys"
DROP INDEX `datakey_tenant_id_version`;
-- reverse: create "data_keys" table
DROP TABLE `data_keys`;
-- reverse: create index "challenge_expires_at" to table: "challenges"
DROP INDEX `challenge_expires_at`;
-- reverse: create index "challenge_tenant_id_user_id" to table: "challenges"
DROP INDEX `challenge_tenant_id_user_id`;
-- reverse: create index "challenge_tenant_id_subject_created_at" to table: "challenges"
DROP INDEX `challenge_tenant_id_subject_created_at`;
-- reverse: create "challenges" table
DROP TABLE `challenges`;
-- reverse: create "users" table
DROP TABLE `users`;
-- reverse: create index "tenants_slug_key" to table: "tenants"
DROP INDEX `tenants_slug_key`;
-- reverse: create "tenants" table
DROP TABLE `tenants`;
