CREATE TABLE "connection_tests" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"requested_by" text NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"taken_at" timestamp with time zone,
	"answered_at" timestamp with time zone,
	"result" jsonb,
	CONSTRAINT "connection_tests_shard_tenant_id_id_pk" PRIMARY KEY("shard","tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "connections" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"provider" text NOT NULL,
	"connection_name" text NOT NULL,
	"credentials" "bytea" NOT NULL,
	"key_id" text NOT NULL,
	"allowed_origin" text NOT NULL,
	"fields" jsonb NOT NULL,
	"settings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"flag" text,
	"flagged_at" timestamp with time zone,
	"last_test" jsonb,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "connections_shard_tenant_id_id_pk" PRIMARY KEY("shard","tenant_id","id"),
	CONSTRAINT "connections_name_once" UNIQUE("shard","tenant_id","connection_name")
);
--> statement-breakpoint
CREATE TABLE "action_runs" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"job_id" uuid NOT NULL,
	"transition_id" uuid NOT NULL,
	"ordinal" smallint NOT NULL,
	"workflow_version_id" uuid NOT NULL,
	"pointer" text NOT NULL,
	"action_type" text NOT NULL,
	"name" text,
	"connection_id" uuid NOT NULL,
	"invoke_id" text,
	"status" text DEFAULT 'QUEUED' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"scope" jsonb NOT NULL,
	"request" jsonb,
	"response" jsonb,
	"error" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "action_runs_shard_tenant_id_id_pk" PRIMARY KEY("shard","tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "dispatch_queue" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"job_id" uuid NOT NULL,
	"workflow_version_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"run_at" timestamp with time zone DEFAULT now() NOT NULL,
	"next_ordinal" smallint DEFAULT 0 NOT NULL,
	"fence" bigint DEFAULT 0 NOT NULL,
	"worker_id" uuid,
	"attempt_id" uuid,
	CONSTRAINT "dispatch_queue_shard_tenant_id_id_pk" PRIMARY KEY("shard","tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "encryption_keys" (
	"key_id" text PRIMARY KEY NOT NULL,
	"fingerprint" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "utility_ledger" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"attempt_id" uuid NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"kind" text NOT NULL,
	"quantity" integer NOT NULL,
	"outcome" text NOT NULL,
	"provider" text NOT NULL,
	"connection_id" uuid NOT NULL,
	"workflow_id" uuid NOT NULL,
	"job_id" uuid NOT NULL,
	"action_run_id" uuid NOT NULL,
	"attempt" integer NOT NULL,
	"status_code" smallint,
	"request_bytes" bigint NOT NULL,
	"response_bytes" bigint NOT NULL,
	"duration_ms" integer,
	CONSTRAINT "utility_ledger_shard_tenant_id_attempt_id_pk" PRIMARY KEY("shard","tenant_id","attempt_id")
);
--> statement-breakpoint
CREATE TABLE "workers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"version" text NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"heartbeat_at" timestamp with time zone DEFAULT now() NOT NULL,
	"dead_at" timestamp with time zone
);
--> statement-breakpoint
-- "partition by" is added by hand: drizzle cannot say it.
CREATE TABLE "event_log" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"subject_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"kind" text NOT NULL,
	"seq" integer,
	"actor" text NOT NULL,
	"data" jsonb NOT NULL,
	CONSTRAINT "event_log_shard_tenant_id_subject_id_id_at_pk" PRIMARY KEY("shard","tenant_id","subject_id","id","at")
) PARTITION BY RANGE ("at");
--> statement-breakpoint
CREATE TABLE "job_keys" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"workflow_id" uuid NOT NULL,
	"key" text NOT NULL,
	"job_id" uuid NOT NULL,
	CONSTRAINT "job_keys_shard_tenant_id_workflow_id_key_pk" PRIMARY KEY("shard","tenant_id","workflow_id","key")
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"workflow_id" uuid NOT NULL,
	"workflow_version_id" uuid NOT NULL,
	"key" text,
	"parent_job_id" uuid,
	"status" text NOT NULL,
	"current_state" text NOT NULL,
	"snapshot" jsonb NOT NULL,
	"revision" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "jobs_shard_tenant_id_id_pk" PRIMARY KEY("shard","tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "timers" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"job_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"send_id" text,
	"entry" integer NOT NULL,
	"event" jsonb NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"leased_until" timestamp with time zone,
	CONSTRAINT "timers_shard_tenant_id_job_id_id_pk" PRIMARY KEY("shard","tenant_id","job_id","id")
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"prefix" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "api_keys_shard_tenant_id_id_pk" PRIMARY KEY("shard","tenant_id","id"),
	CONSTRAINT "api_keys_hash_once" UNIQUE("shard","tenant_id","hash")
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"subject_id" uuid NOT NULL,
	"key" text NOT NULL,
	"request_hash" "bytea" NOT NULL,
	"status" integer NOT NULL,
	"answer" json NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_shard_tenant_id_subject_id_key_pk" PRIMARY KEY("shard","tenant_id","subject_id","key")
);
--> statement-breakpoint
CREATE TABLE "role_assignments" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"principal_type" text NOT NULL,
	"principal_id" text NOT NULL,
	"role" text NOT NULL,
	"connection_id" uuid,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "role_assignments_shard_tenant_id_id_pk" PRIMARY KEY("shard","tenant_id","id"),
	CONSTRAINT "role_assignments_once" UNIQUE NULLS NOT DISTINCT("shard","tenant_id","principal_type","principal_id","role","connection_id")
);
--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"shard" smallint NOT NULL,
	"name" text NOT NULL,
	"slug" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tenants_slug_once" UNIQUE("slug")
);
--> statement-breakpoint
CREATE TABLE "workflow_versions" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"workflow_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"definition" json NOT NULL,
	"checksum" text NOT NULL,
	"layout" jsonb,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "workflow_versions_shard_tenant_id_id_pk" PRIMARY KEY("shard","tenant_id","id"),
	CONSTRAINT "workflow_versions_number_once" UNIQUE("shard","tenant_id","workflow_id","version")
);
--> statement-breakpoint
CREATE TABLE "workflows" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"published_version_id" uuid,
	"archived_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "workflows_shard_tenant_id_id_pk" PRIMARY KEY("shard","tenant_id","id"),
	CONSTRAINT "workflows_name_once" UNIQUE("shard","tenant_id","name")
);
--> statement-breakpoint
ALTER TABLE "connection_tests" ADD CONSTRAINT "connection_tests_of" FOREIGN KEY ("shard","tenant_id","connection_id") REFERENCES "public"."connections"("shard","tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workflow_versions" ADD CONSTRAINT "workflow_versions_of" FOREIGN KEY ("shard","tenant_id","workflow_id") REFERENCES "public"."workflows"("shard","tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "connection_tests_waiting" ON "connection_tests" USING btree ("shard","requested_at") WHERE answered_at is null;--> statement-breakpoint
CREATE INDEX "connections_by_key" ON "connections" USING btree ("key_id");--> statement-breakpoint
CREATE UNIQUE INDEX "action_runs_in_order" ON "action_runs" USING btree ("shard","tenant_id","job_id","transition_id","ordinal");--> statement-breakpoint
CREATE INDEX "dispatch_queue_ready" ON "dispatch_queue" USING btree ("shard","tenant_id","connection_id","run_at","id") WHERE worker_id is null;--> statement-breakpoint
CREATE INDEX "utility_ledger_by_time" ON "utility_ledger" USING brin ("at");--> statement-breakpoint
CREATE INDEX "jobs_by_workflow" ON "jobs" USING btree ("shard","tenant_id","workflow_id","id");--> statement-breakpoint
CREATE INDEX "jobs_by_key" ON "jobs" USING btree ("shard","tenant_id","key") WHERE key is not null;--> statement-breakpoint
CREATE INDEX "timers_due" ON "timers" USING btree ("shard","due_at");