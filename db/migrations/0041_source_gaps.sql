CREATE TABLE "source_gaps" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"source_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"hooks" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"after_id" uuid,
	"asked" bigint DEFAULT 0 NOT NULL,
	"next_look_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_look_at" timestamp with time zone,
	"last_error" jsonb,
	"leased_until" timestamp with time zone,
	"fence" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "source_gaps_shard_tenant_id_source_id_pk" PRIMARY KEY("shard","tenant_id","source_id")
);
--> statement-breakpoint
ALTER TABLE "source_gaps" ADD CONSTRAINT "source_gaps_of" FOREIGN KEY ("shard","tenant_id","source_id") REFERENCES "public"."sources"("shard","tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "source_gaps_due" ON "source_gaps" USING btree ("next_look_at");
--> statement-breakpoint
-- Workers find the due ones of all tenants, as they do standing exports (0017_metering_access.sql).
select pawl_isolate('source_gaps', true);
--> statement-breakpoint
grant select on source_gaps to pawl_api, pawl_worker;
grant insert, update, delete on source_gaps to pawl_api;
grant update (hooks, after_id, asked, next_look_at, last_look_at, last_error, leased_until, fence) on source_gaps
  to pawl_worker;
--> statement-breakpoint
grant select (is_active, created_at) on sources to pawl_worker;
