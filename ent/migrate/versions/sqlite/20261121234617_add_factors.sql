-- +goose Up
-- add columns to table: "users"
ALTER TABLE `users` ADD COLUMN `device_version` integer NOT NULL DEFAULT (1);
ALTER TABLE `users` ADD COLUMN `factors` json NULL;
ALTER TABLE `users` ADD COLUMN `roles` json NULL;
ALTER TABLE `users` ADD COLUMN `passkey_handle` blob NULL;
ALTER TABLE `users` ADD COLUMN `mfa_asked_at` datetime NULL;
-- add columns to table: "throttles"
ALTER TABLE `throttles` ADD COLUMN `failures` integer NOT NULL DEFAULT (0);
ALTER TABLE `throttles` ADD COLUMN `failures_until` datetime NULL;
-- create "passkeys" table
CREATE TABLE `passkeys` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `name` text NOT NULL,
  `credential_id` blob NOT NULL,
  `public_key` blob NOT NULL,
  `sign_count` integer NOT NULL,
  `backup_eligible` bool NOT NULL,
  `backed_up` bool NOT NULL,
  `user_verified` bool NOT NULL,
  `transports` json NULL,
  `aaguid` blob NULL,
  `attestation` text NOT NULL DEFAULT ('none'),
  `created_at` datetime NOT NULL,
  `last_used_at` datetime NULL,
  `user_id` uuid NOT NULL,
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `passkeys_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `passkeys_users_passkeys` FOREIGN KEY (`tenant_id`, `user_id`) REFERENCES `users` (`tenant_id`, `id`) ON DELETE CASCADE
);
-- create index "passkey_tenant_id_credential_id" to table: "passkeys"
CREATE UNIQUE INDEX `passkey_tenant_id_credential_id` ON `passkeys` (`tenant_id`, `credential_id`);
-- create index "passkey_tenant_id_user_id" to table: "passkeys"
CREATE INDEX `passkey_tenant_id_user_id` ON `passkeys` (`tenant_id`, `user_id`);
-- create "recovery_codes" table
CREATE TABLE `recovery_codes` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `digest` blob NOT NULL,
  `created_at` datetime NOT NULL,
  `used_at` datetime NULL,
  `user_id` uuid NOT NULL,
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `recovery_codes_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `recovery_codes_users_recovery_codes` FOREIGN KEY (`tenant_id`, `user_id`) REFERENCES `users` (`tenant_id`, `id`) ON DELETE CASCADE
);
-- create index "recoverycode_tenant_id_user_id_digest" to table: "recovery_codes"
CREATE UNIQUE INDEX `recoverycode_tenant_id_user_id_digest` ON `recovery_codes` (`tenant_id`, `user_id`, `digest`);
-- create "totp_devices" table
CREATE TABLE `totp_devices` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `name` text NOT NULL,
  `secret` blob NOT NULL,
  `last_step` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `last_used_at` datetime NULL,
  `user_id` uuid NOT NULL,
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `totp_devices_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `totp_devices_users_totp_devices` FOREIGN KEY (`tenant_id`, `user_id`) REFERENCES `users` (`tenant_id`, `id`) ON DELETE CASCADE
);
-- create index "totpdevice_tenant_id_user_id" to table: "totp_devices"
CREATE INDEX `totpdevice_tenant_id_user_id` ON `totp_devices` (`tenant_id`, `user_id`);
-- create "trusted_devices" table
CREATE TABLE `trusted_devices` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `device_id` uuid NOT NULL,
  `user_agent` text NOT NULL DEFAULT (''),
  `address` text NOT NULL DEFAULT (''),
  `created_at` datetime NOT NULL,
  `expires_at` datetime NOT NULL,
  `user_id` uuid NOT NULL,
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `trusted_devices_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `trusted_devices_users_trusted_devices` FOREIGN KEY (`tenant_id`, `user_id`) REFERENCES `users` (`tenant_id`, `id`) ON DELETE CASCADE
);
-- create index "trusteddevice_tenant_id_user_id_device_id" to table: "trusted_devices"
CREATE UNIQUE INDEX `trusteddevice_tenant_id_user_id_device_id` ON `trusted_devices` (`tenant_id`, `user_id`, `device_id`);
-- create index "trusteddevice_expires_at" to table: "trusted_devices"
CREATE INDEX `trusteddevice_expires_at` ON `trusted_devices` (`expires_at`);

-- +goose Down
-- reverse: create index "trusteddevice_expires_at" to table: "trusted_devices"
DROP INDEX `trusteddevice_expires_at`;
-- reverse: create index "trusteddevice_tenant_id_user_id_device_id" to table: "trusted_devices"
DROP INDEX `trusteddevice_tenant_id_user_id_device_id`;
-- reverse: create "trusted_devices" table
DROP TABLE `trusted_devices`;
-- reverse: create index "totpdevice_tenant_id_user_id" to table: "totp_devices"
DROP INDEX `totpdevice_tenant_id_user_id`;
-- reverse: create "totp_devices" table
DROP TABLE `totp_devices`;
-- reverse: create index "recoverycode_tenant_id_user_id_digest" to table: "recovery_codes"
DROP INDEX `recoverycode_tenant_id_user_id_digest`;
-- reverse: create "recovery_codes" table
DROP TABLE `recovery_codes`;
-- reverse: create index "passkey_tenant_id_user_id" to table: "passkeys"
DROP INDEX `passkey_tenant_id_user_id`;
-- reverse: create index "passkey_tenant_id_credential_id" to table: "passkeys"
DROP INDEX `passkey_tenant_id_credential_id`;
-- reverse: create "passkeys" table
DROP TABLE `passkeys`;
-- reverse: add columns to table: "throttles"
ALTER TABLE `throttles` DROP COLUMN `failures_until`;
ALTER TABLE `throttles` DROP COLUMN `failures`;
-- reverse: add columns to table: "users"
ALTER TABLE `users` DROP COLUMN `mfa_asked_at`;
ALTER TABLE `users` DROP COLUMN `passkey_handle`;
ALTER TABLE `users` DROP COLUMN `roles`;
ALTER TABLE `users` DROP COLUMN `factors`;
ALTER TABLE `users` DROP COLUMN `device_version`;
