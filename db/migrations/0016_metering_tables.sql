CREATE TABLE "closed_periods" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"granularity" text NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"attempts" bigint NOT NULL,
	"quantity" bigint NOT NULL,
	"request_bytes" bigint NOT NULL,
	"response_bytes" bigint NOT NULL,
	"checksum" text NOT NULL,
	"closed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "closed_periods_shard_tenant_id_granularity_starts_at_pk" PRIMARY KEY("shard","tenant_id","granularity","starts_at")
);
--> statement-breakpoint
CREATE TABLE "late_facts" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"attempt_id" uuid NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"counted_at" timestamp with time zone NOT NULL,
	CONSTRAINT "late_facts_shard_tenant_id_attempt_id_pk" PRIMARY KEY("shard","tenant_id","attempt_id")
);
--> statement-breakpoint
CREATE TABLE "metering_exports" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"destination" jsonb NOT NULL,
	"format" text NOT NULL,
	"interval_minutes" integer NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"since" bigint DEFAULT 0 NOT NULL,
	"upto" bigint,
	"after_id" uuid,
	"part" integer DEFAULT 0 NOT NULL,
	"rows_exported" bigint DEFAULT 0 NOT NULL,
	"next_run_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_run_at" timestamp with time zone,
	"last_error" jsonb,
	"failures" integer DEFAULT 0 NOT NULL,
	"leased_until" timestamp with time zone,
	"fence" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "metering_exports_shard_tenant_id_id_pk" PRIMARY KEY("shard","tenant_id","id"),
	CONSTRAINT "metering_exports_name_once" UNIQUE("shard","tenant_id","name")
);
--> statement-breakpoint
CREATE TABLE "metering_progress" (
	"id" smallint PRIMARY KEY DEFAULT 1 NOT NULL,
	"settled" bigint DEFAULT 0 NOT NULL,
	"closed_until" timestamp with time zone DEFAULT '-infinity' NOT NULL,
	"closing_until" timestamp with time zone,
	"closing_tx" bigint,
	"tx_offset" bigint DEFAULT 0 NOT NULL,
	"holder" uuid,
	"leased_until" timestamp with time zone,
	"fence" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "metering_quotas" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"period" text NOT NULL,
	"warn_at" bigint,
	"block_at" bigint,
	"used" bigint DEFAULT 0 NOT NULL,
	"state" text DEFAULT 'ok' NOT NULL,
	"period_start" timestamp with time zone,
	"updated_by" text NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "metering_quotas_shard_tenant_id_kind_period_pk" PRIMARY KEY("shard","tenant_id","kind","period")
);
--> statement-breakpoint
CREATE TABLE "usage_rollups" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"granularity" text NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"kind" text NOT NULL,
	"connection_id" uuid NOT NULL,
	"workflow_id" uuid NOT NULL,
	"outcome" text NOT NULL,
	"attempts" bigint NOT NULL,
	"quantity" bigint NOT NULL,
	"request_bytes" bigint NOT NULL,
	"response_bytes" bigint NOT NULL,
	CONSTRAINT "usage_rollups_pk" PRIMARY KEY("shard","tenant_id","granularity","starts_at","kind","connection_id","workflow_id","outcome")
);
--> statement-breakpoint
DROP INDEX "utility_ledger_by_time";--> statement-breakpoint
ALTER TABLE "utility_ledger" ADD COLUMN "tx" bigint DEFAULT pg_current_xact_id()::text::bigint NOT NULL;--> statement-breakpoint
CREATE INDEX "metering_exports_due" ON "metering_exports" USING btree ("next_run_at") WHERE enabled;--> statement-breakpoint
CREATE INDEX "usage_rollups_by_start" ON "usage_rollups" USING btree ("granularity","starts_at");--> statement-breakpoint
CREATE INDEX "utility_ledger_by_time" ON "utility_ledger" USING brin ("at","tx") WITH (pages_per_range=32,autosummarize=true);