CREATE TABLE "tenant_moves" (
	"id" uuid PRIMARY KEY NOT NULL,
	"owner_id" uuid NOT NULL,
	"from_shard" smallint NOT NULL,
	"to_shard" smallint NOT NULL,
	"state" text DEFAULT 'copying' NOT NULL,
	"progress" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"holder" uuid,
	"leased_until" timestamp with time zone,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"switched_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"pause_ms" integer
);
--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "moving" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "tenant_moves_once" ON "tenant_moves" USING btree ("owner_id") WHERE finished_at is null;--> statement-breakpoint
CREATE INDEX "tenant_moves_of" ON "tenant_moves" USING btree ("owner_id");