CREATE TABLE "connection_health" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"circuit" text DEFAULT 'closed' NOT NULL,
	"since" timestamp with time zone DEFAULT now() NOT NULL,
	"open_until" timestamp with time zone,
	"misses" integer DEFAULT 0 NOT NULL,
	"openings" integer DEFAULT 0 NOT NULL,
	"last_error" jsonb,
	"probe_by" uuid,
	"probe_until" timestamp with time zone,
	"paused_until" timestamp with time zone,
	"revision" bigint DEFAULT 1 NOT NULL,
	CONSTRAINT "connection_health_shard_tenant_id_connection_id_pk" PRIMARY KEY("shard","tenant_id","connection_id")
);
--> statement-breakpoint
CREATE TABLE "connection_rates" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"arrival_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "connection_rates_shard_tenant_id_connection_id_pk" PRIMARY KEY("shard","tenant_id","connection_id")
);
--> statement-breakpoint
ALTER TABLE "workers" ADD COLUMN "shards" smallint[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "connection_health" ADD CONSTRAINT "connection_health_of" FOREIGN KEY ("shard","tenant_id","connection_id") REFERENCES "public"."connections"("shard","tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "connection_rates" ADD CONSTRAINT "connection_rates_of" FOREIGN KEY ("shard","tenant_id","connection_id") REFERENCES "public"."connections"("shard","tenant_id","id") ON DELETE cascade ON UPDATE no action;