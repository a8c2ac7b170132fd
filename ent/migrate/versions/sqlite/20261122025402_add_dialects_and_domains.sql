-- +goose Up
-- add column "prepared" to table: "users"
ALTER TABLE `users` ADD COLUMN `prepared` bool NOT NULL DEFAULT (false);
-- add column "client" to table: "sessions"
ALTER TABLE `sessions` ADD COLUMN `client` text NOT NULL DEFAULT ('native');
-- add column "sealed" to table: "recovery_codes"
ALTER TABLE `recovery_codes` ADD COLUMN `sealed` blob NULL;
-- create "dialect_aliases" table
CREATE TABLE `dialect_aliases` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `kind` text NOT NULL,
  `number` integer NOT NULL,
  `value` text NOT NULL,
  `created_at` datetime NOT NULL,
  `user_id` uuid NOT NULL,
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `dialect_aliases_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION
);
-- create index "dialectalias_tenant_id_user_id_kind" to table: "dialect_aliases"
CREATE UNIQUE INDEX `dialectalias_tenant_id_user_id_kind` ON `dialect_aliases` (`tenant_id`, `user_id`, `kind`);
-- create index "dialectalias_tenant_id_kind_number" to table: "dialect_aliases"
CREATE UNIQUE INDEX `dialectalias_tenant_id_kind_number` ON `dialect_aliases` (`tenant_id`, `kind`, `number`);
-- create index "dialectalias_tenant_id_kind_value" to table: "dialect_aliases"
CREATE UNIQUE INDEX `dialectalias_tenant_id_kind_value` ON `dialect_aliases` (`tenant_id`, `kind`, `value`);
-- create "tenant_domains" table
CREATE TABLE `tenant_domains` (
  `tenant_id` uuid NOT NULL,
  `id` uuid NOT NULL,
  `host` text NOT NULL,
  `proof` text NOT NULL,
  `serves` text NULL,
  `verified_at` datetime NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`tenant_id`, `id`),
  CONSTRAINT `tenant_domains_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION
);
-- create index "tenantdomain_tenant_id_host" to table: "tenant_domains"
CREATE UNIQUE INDEX `tenantdomain_tenant_id_host` ON `tenant_domains` (`tenant_id`, `host`);
-- create index "tenantdomain_serves" to table: "tenant_domains"
CREATE UNIQUE INDEX `tenantdomain_serves` ON `tenant_domains` (`serves`);

-- +goose Down
-- reverse: create index "tenantdomain_serves" to table: "tenant_domains"
DROP INDEX `tenantdomain_serves`;
-- reverse: create index "tenantdomain_tenant_id_host" to table: "tenant_domains"
DROP INDEX `tenantdomain_tenant_id_host`;
-- reverse: create "tenant_domains" table
DROP TABLE `tenant_domains`;
-- reverse: create index "dialectalias_tenant_id_kind_value" to table: "dialect_aliases"
DROP INDEX `dialectalias_tenant_id_kind_value`;
-- reverse: create index "dialectalias_tenant_id_kind_number" to table: "dialect_aliases"
DROP INDEX `dialectalias_tenant_id_kind_number`;
-- reverse: create index "dialectalias_tenant_id_user_id_kind" to table: "dialect_aliases"
DROP INDEX `dialectalias_tenant_id_user_id_kind`;
-- reverse: create "dialect_aliases" table
DROP TABLE `dialect_aliases`;
-- reverse: add column "sealed" to table: "recovery_codes"
ALTER TABLE `recovery_codes` DROP COLUMN `sealed`;
-- reverse: add column "client" to table: "sessions"
ALTER TABLE `sessions` DROP COLUMN `client`;
-- reverse: add column "prepared" to table: "users"
ALTER TABLE `users` DROP COLUMN `prepared`;
