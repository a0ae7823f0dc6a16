CREATE TABLE "inbound_events" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"source_id" uuid NOT NULL,
	"delivery_id" text,
	"status" text NOT NULL,
	"event_type" text,
	"headers" json NOT NULL,
	"body" "bytea",
	"body_bytes" integer NOT NULL,
	"payload" json,
	"error" jsonb,
	"effects" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"replay_of" uuid,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	"processed_at" timestamp with time zone,
	CONSTRAINT "inbound_events_shard_tenant_id_id_pk" PRIMARY KEY("shard","tenant_id","id"),
	CONSTRAINT "inbound_events_once" UNIQUE("shard","tenant_id","source_id","delivery_id")
);
--> statement-breakpoint
CREATE TABLE "inbound_queue" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"source_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	CONSTRAINT "inbound_queue_shard_tenant_id_source_id_id_pk" PRIMARY KEY("shard","tenant_id","source_id","id")
);
--> statement-breakpoint
CREATE TABLE "source_addresses" (
	"id" uuid PRIMARY KEY NOT NULL,
	"shard" smallint NOT NULL,
	"owner_id" uuid NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sources" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"config" jsonb NOT NULL,
	"secret" "bytea" NOT NULL,
	"key_id" text NOT NULL,
	"previous_secret" "bytea",
	"previous_key_id" text,
	"previous_until" timestamp with time zone,
	"is_active" boolean DEFAULT true NOT NULL,
	"busy_until" timestamp with time zone,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sources_shard_tenant_id_id_pk" PRIMARY KEY("shard","tenant_id","id"),
	CONSTRAINT "sources_name_once" UNIQUE("shard","tenant_id","name")
);
--> statement-breakpoint
CREATE TABLE "triggers" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"source_id" uuid NOT NULL,
	"name" text NOT NULL,
	"event_types" jsonb NOT NULL,
	"filter" text,
	"action" jsonb NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"position" integer NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "triggers_shard_tenant_id_id_pk" PRIMARY KEY("shard","tenant_id","id"),
	CONSTRAINT "triggers_name_once" UNIQUE("shard","tenant_id","source_id","name")
);
--> statement-breakpoint
ALTER TABLE "utility_ledger" ALTER COLUMN "connection_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "utility_ledger" ALTER COLUMN "workflow_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "utility_ledger" ALTER COLUMN "job_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "utility_ledger" ALTER COLUMN "action_run_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "utility_ledger" ALTER COLUMN "attempt" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "utility_ledger" ADD COLUMN "source_id" uuid;--> statement-breakpoint
ALTER TABLE "triggers" ADD CONSTRAINT "triggers_of" FOREIGN KEY ("shard","tenant_id","source_id") REFERENCES "public"."sources"("shard","tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "inbound_events_by_source" ON "inbound_events" USING btree ("shard","tenant_id","source_id","id");--> statement-breakpoint
CREATE INDEX "sources_by_key" ON "sources" USING btree ("key_id");