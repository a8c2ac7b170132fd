-- +goose Up
-- add columns "actor_id", "target_id", "position" to table: "events"
ALTER TABLE `events` ADD COLUMN `actor_id` uuid NULL;
ALTER TABLE `events` ADD COLUMN `target_id` uuid NULL;
ALTER TABLE `events` ADD COLUMN `position` integer NULL;
-- create index "event_tenant_id_position" to table: "events"
CREATE UNIQUE INDEX `event_tenant_id_position` ON `events` (`tenant_id`, `position`);
-- create index "event_tenant_id_type_position" to table: "events"
CREATE INDEX `event_tenant_id_type_position` ON `events` (`tenant_id`, `type`, `position`);
-- create index "event_tenant_id_actor_id_position" to table: "events"
CREATE INDEX `event_tenant_id_actor_id_position` ON `events` (`tenant_id`, `actor_id`, `position`) WHERE actor_id IS NOT NULL;
-- create index "event_tenant_id_at" to table: "events"
CREATE INDEX `event_tenant_id_at` ON `events` (`tenant_id`, `at`);
-- create index "event_tenant_id_session_id_position" to table: "events"
CREATE INDEX `event_tenant_id_session_id_position` ON `events` (`tenant_id`, `session_id`, `position`) WHERE session_id IS NOT NULL;
-- create index "event_tenant_id_target_id_position" to table: "events"
CREATE INDEX `event_tenant_id_target_id_position` ON `events` (`tenant_id`, `target_id`, `position`) WHERE target_id IS NOT NULL;
-- drop index "event_tenant_id_user_id_at" from table: "events"
DROP INDEX `event_tenant_id_user_id_at`;
-- create index "event_tenant_id_user_id_position" to table: "events"
CREATE INDEX `event_tenant_id_user_id_position` ON `events` (`tenant_id`, `user_id`, `position`);
-- create index "event_unplaced" to table: "events"
CREATE INDEX `event_unplaced` ON `events` (`recorded_at`, `id`) WHERE position IS NULL;
-- create "api_keys" table
CREATE TABLE `api_keys` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `name` text NOT NULL,
  `role` text NOT NULL,
  `scopes` json NOT NULL,
  `digest` blob NOT NULL,
  `created_by` uuid NULL,
  `created_at` datetime NOT NULL,
  `expires_at` datetime NULL,
  `last_used_at` datetime NULL,
  `revoked_at` datetime NULL,
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `api_keys_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION
);
-- create "admin_grants" table
CREATE TABLE `admin_grants` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `over` uuid NOT NULL,
  `role` text NOT NULL,
  `created_at` datetime NOT NULL,
  `user_id` uuid NOT NULL,
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `admin_grants_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `admin_grants_users_grants` FOREIGN KEY (`tenant_id`, `user_id`) REFERENCES `users` (`tenant_id`, `id`) ON DELETE CASCADE
);
-- create index "admingrant_tenant_id_user_id_over" to table: "admin_grants"
CREATE UNIQUE INDEX `admingrant_tenant_id_user_id_over` ON `admin_grants` (`tenant_id`, `user_id`, `over`);
-- create index "admingrant_tenant_id_over" to table: "admin_grants"
CREATE INDEX `admingrant_tenant_id_over` ON `admin_grants` (`tenant_id`, `over`);
-- create "event_sequences" table
CREATE TABLE `event_sequences` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `last` integer NOT NULL,
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `event_sequences_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION
);
-- create index "eventsequence_tenant_id" to table: "event_sequences"
CREATE UNIQUE INDEX `eventsequence_tenant_id` ON `event_sequences` (`tenant_id`);
-- create "leases" table
CREATE TABLE `leases` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `name` text NOT NULL,
  `holder` text NOT NULL,
  `until` integer NOT NULL,
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `leases_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION
);
-- create index "lease_tenant_id_name" to table: "leases"
CREATE UNIQUE INDEX `lease_tenant_id_name` ON `leases` (`tenant_id`, `name`);
-- create "mutation_keys" table
CREATE TABLE `mutation_keys` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `actor_id` uuid NOT NULL,
  `mutation` text NOT NULL,
  `key_digest` blob NOT NULL,
  `input_digest` blob NOT NULL,
  `event_tenant` uuid NOT NULL,
  `event_id` uuid NOT NULL,
  `object_id` uuid NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `mutation_keys_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION
);
-- create index "mutationkey_tenant_id_actor_id_mutation_key_digest" to table: "mutation_keys"
CREATE UNIQUE INDEX `mutationkey_tenant_id_actor_id_mutation_key_digest` ON `mutation_keys` (`tenant_id`, `actor_id`, `mutation`, `key_digest`);
-- create index "mutationkey_created_at" to table: "mutation_keys"
CREATE INDEX `mutationkey_created_at` ON `mutation_keys` (`created_at`);
-- create "sign_in_counts" table
CREATE TABLE `sign_in_counts` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `hour` integer NOT NULL,
  `outcome` text NOT NULL,
  `factor` text NOT NULL,
  `count` integer NOT NULL,
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `sign_in_counts_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION
);
-- create index "signincount_tenant_id_hour_outcome_factor" to table: "sign_in_counts"
CREATE UNIQUE INDEX `signincount_tenant_id_hour_outcome_factor` ON `sign_in_counts` (`tenant_id`, `hour`, `outcome`, `factor`);

-- +goose Down
-- reverse: create index "signincount_tenant_id_hour_outcome_factor" to table: "sign_in_counts"
DROP INDEX `signincount_tenant_id_hour_outcome_factor`;
-- reverse: create "sign_in_counts" table
DROP TABLE `sign_in_counts`;
-- reverse: create index "mutationkey_created_at" to table: "mutation_keys"
DROP INDEX `mutationkey_created_at`;
-- reverse: create index "mutationkey_tenant_id_actor_id_mutation_key_digest" to table: "mutation_keys"
DROP INDEX `mutationkey_tenant_id_actor_id_mutation_key_digest`;
-- reverse: create "mutation_keys" table
DROP TABLE `mutation_keys`;
-- reverse: create index "lease_tenant_id_name" to table: "leases"
DROP INDEX `lease_tenant_id_name`;
-- reverse: create "leases" table
DROP TABLE `leases`;
-- reverse: create index "eventsequence_tenant_id" to table: "event_sequences"
DROP INDEX `eventsequence_tenant_id`;
-- reverse: create "event_sequences" table
DROP TABLE `event_sequences`;
-- reverse: create index "admingrant_tenant_id_over" to table: "admin_grants"
DROP INDEX `admingrant_tenant_id_over`;
-- reverse: create index "admingrant_tenant_id_user_id_over" to table: "admin_grants"
DROP INDEX `admingrant_tenant_id_user_id_over`;
-- reverse: create "admin_grants" table
DROP TABLE `admin_grants`;
-- reverse: create "api_keys" table
DROP TABLE `api_keys`;
-- reverse: create index "event_unplaced" to table: "events"
DROP INDEX `event_unplaced`;
-- reverse: create index "event_tenant_id_user_id_position" to table: "events"
DROP INDEX `event_tenant_id_user_id_position`;
-- reverse: drop index "event_tenant_id_user_id_at" from table: "events"
CREATE INDEX `event_tenant_id_user_id_at` ON `events` (`tenant_id`, `user_id`, `at`);
-- reverse: create index "event_tenant_id_target_id_position" to table: "events"
DROP INDEX `event_tenant_id_target_id_position`;
-- reverse: create index "event_tenant_id_session_id_position" to table: "events"
DROP INDEX `event_tenant_id_session_id_position`;
-- reverse: create index "event_tenant_id_at" to table: "events"
DROP INDEX `event_tenant_id_at`;
-- reverse: create index "event_tenant_id_actor_id_position" to table: "events"
DROP INDEX `event_tenant_id_actor_id_position`;
-- reverse: create index "event_tenant_id_type_position" to table: "events"
DROP INDEX `event_tenant_id_type_position`;
-- reverse: create index "event_tenant_id_position" to table: "events"
DROP INDEX `event_tenant_id_position`;
-- reverse: add columns to table: "events"
ALTER TABLE `events` DROP COLUMN `position`;
ALTER TABLE `events` DROP COLUMN `target_id`;
ALTER TABLE `events` DROP COLUMN `actor_id`;
