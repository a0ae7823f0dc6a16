CREATE TABLE "data_key_rotations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"scope" text NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "tenant_keys" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"generation" integer NOT NULL,
	"wrapped" "bytea" NOT NULL,
	"wrapping_key_id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tenant_keys_shard_tenant_id_id_pk" PRIMARY KEY("shard","tenant_id","id"),
	CONSTRAINT "tenant_keys_generation_once" UNIQUE("shard","tenant_id","generation")
);
--> statement-breakpoint
CREATE INDEX "tenant_keys_by_wrapping_key" ON "tenant_keys" USING btree ("wrapping_key_id");