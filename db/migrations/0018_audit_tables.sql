CREATE TABLE "event_log_checkpoints" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"entry_count" bigint NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"public_key" "bytea" NOT NULL,
	"signature" "bytea" NOT NULL,
	"anchor" text NOT NULL,
	CONSTRAINT "event_log_checkpoints_shard_tenant_id_seq_pk" PRIMARY KEY("shard","tenant_id","seq")
);
--> statement-breakpoint
CREATE TABLE "event_log_drops" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"before" timestamp with time zone NOT NULL,
	"partition" text NOT NULL,
	"kept_days" integer NOT NULL,
	"archive" text,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "event_log_sealers" (
	"shard" smallint PRIMARY KEY NOT NULL,
	"sealed_to" bigint NOT NULL,
	"verify_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "event_log_seals" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"entries_before" bigint NOT NULL,
	"entry_count" integer NOT NULL,
	"after_position" bigint NOT NULL,
	"to_position" bigint NOT NULL,
	"entries" "bytea" NOT NULL,
	"previous_hash" "bytea" NOT NULL,
	"hash" "bytea" NOT NULL,
	"sealed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "event_log_seals_shard_tenant_id_seq_pk" PRIMARY KEY("shard","tenant_id","seq")
);
--> statement-breakpoint
CREATE TABLE "event_log_verifications" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"verified_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ok" boolean NOT NULL,
	"entry_count" bigint NOT NULL,
	"problem" jsonb,
	CONSTRAINT "event_log_verifications_shard_tenant_id_pk" PRIMARY KEY("shard","tenant_id")
);
--> statement-breakpoint
ALTER TABLE "event_log" ADD COLUMN "position" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "event_log_seals_by_position" ON "event_log_seals" USING btree ("shard","to_position");--> statement-breakpoint
CREATE INDEX "event_log_by_position" ON "event_log" USING btree ("shard","position");