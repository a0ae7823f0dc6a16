CREATE TABLE "endpoint_health" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"endpoint_id" uuid NOT NULL,
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
	CONSTRAINT "endpoint_health_shard_tenant_id_endpoint_id_pk" PRIMARY KEY("shard","tenant_id","endpoint_id")
);
--> statement-breakpoint
ALTER TABLE "endpoint_health" ADD CONSTRAINT "endpoint_health_of" FOREIGN KEY ("shard","tenant_id","endpoint_id") REFERENCES "public"."endpoints"("shard","tenant_id","id") ON DELETE cascade ON UPDATE no action;