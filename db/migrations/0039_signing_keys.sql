CREATE TABLE "signing_keys" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"public_key" "bytea" NOT NULL,
	"secret" "bytea" NOT NULL,
	"key_id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	CONSTRAINT "signing_keys_shard_tenant_id_id_pk" PRIMARY KEY("shard","tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "endpoints" ADD COLUMN "signed_by" text DEFAULT 'secret' NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "signing_keys_current_once" ON "signing_keys" USING btree ("shard","tenant_id") WHERE expires_at is null;--> statement-breakpoint
-- As of endpoint_secrets (0012_subs_access.sql): the API makes and replaces keys, workers sign with them.
select pawl_isolate('signing_keys');
--> statement-breakpoint
grant select on signing_keys to pawl_api, pawl_worker;
grant insert, delete on signing_keys to pawl_api;
grant update (expires_at) on signing_keys to pawl_api;
--> statement-breakpoint
-- Keys move under another one while everything runs (pawl keys rotate).
grant update (secret, key_id) on signing_keys to pawl_operator;
