CREATE TABLE "scopes" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"kind" text NOT NULL,
	"parent_id" uuid,
	"name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "scopes_shard_tenant_id_id_pk" PRIMARY KEY("shard","tenant_id","id"),
	CONSTRAINT "scopes_name_once" UNIQUE NULLS NOT DISTINCT("shard","tenant_id","parent_id","name")
);
--> statement-breakpoint
CREATE TABLE "deliveries" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"subscription_id" uuid NOT NULL,
	"occurrence_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"job_id" uuid NOT NULL,
	"workflow_id" uuid NOT NULL,
	"connection_id" uuid,
	"endpoint_id" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "deliveries_shard_tenant_id_id_pk" PRIMARY KEY("shard","tenant_id","id"),
	CONSTRAINT "deliveries_once" UNIQUE("shard","tenant_id","subscription_id","occurrence_id")
);
--> statement-breakpoint
CREATE TABLE "endpoint_secrets" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"secret" "bytea" NOT NULL,
	"key_id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	CONSTRAINT "endpoint_secrets_shard_tenant_id_endpoint_id_id_pk" PRIMARY KEY("shard","tenant_id","endpoint_id","id")
);
--> statement-breakpoint
CREATE TABLE "endpoints" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"url" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"disabled_reason" text,
	"failing_since" timestamp with time zone,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "endpoints_shard_tenant_id_id_pk" PRIMARY KEY("shard","tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "notification_rules" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"version" integer NOT NULL,
	CONSTRAINT "notification_rules_shard_tenant_id_pk" PRIMARY KEY("shard","tenant_id")
);
--> statement-breakpoint
CREATE TABLE "subscription_messages" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"subscription_id" uuid NOT NULL,
	"action" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "subscription_messages_shard_tenant_id_id_pk" PRIMARY KEY("shard","tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "subscriptions" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"scope_id" uuid,
	"trigger" jsonb NOT NULL,
	"connection_id" uuid,
	"endpoint_id" uuid,
	"message_id" uuid NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "subscriptions_shard_tenant_id_id_pk" PRIMARY KEY("shard","tenant_id","id"),
	CONSTRAINT "subscriptions_name_once" UNIQUE("shard","tenant_id","name")
);
--> statement-breakpoint
CREATE TABLE "supplies" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"scope_id" uuid NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "supplies_shard_tenant_id_id_pk" PRIMARY KEY("shard","tenant_id","id"),
	CONSTRAINT "supplies_once" UNIQUE("shard","tenant_id","connection_id","scope_id")
);
--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "supplied_to_all" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "action_runs" ADD COLUMN "message_id" uuid;--> statement-breakpoint
ALTER TABLE "workflows" ADD COLUMN "scope_id" uuid;--> statement-breakpoint
ALTER TABLE "scopes" ADD CONSTRAINT "scopes_parent" FOREIGN KEY ("shard","tenant_id","parent_id") REFERENCES "public"."scopes"("shard","tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "endpoint_secrets" ADD CONSTRAINT "endpoint_secrets_of" FOREIGN KEY ("shard","tenant_id","endpoint_id") REFERENCES "public"."endpoints"("shard","tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "subscription_messages" ADD CONSTRAINT "subscription_messages_of" FOREIGN KEY ("shard","tenant_id","subscription_id") REFERENCES "public"."subscriptions"("shard","tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_scope" FOREIGN KEY ("shard","tenant_id","scope_id") REFERENCES "public"."scopes"("shard","tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "supplies" ADD CONSTRAINT "supplies_connection" FOREIGN KEY ("shard","tenant_id","connection_id") REFERENCES "public"."connections"("shard","tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "supplies" ADD CONSTRAINT "supplies_scope" FOREIGN KEY ("shard","tenant_id","scope_id") REFERENCES "public"."scopes"("shard","tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "deliveries_by_job" ON "deliveries" USING btree ("shard","tenant_id","job_id","id");--> statement-breakpoint
ALTER TABLE "workflows" ADD CONSTRAINT "workflows_scope" FOREIGN KEY ("shard","tenant_id","scope_id") REFERENCES "public"."scopes"("shard","tenant_id","id") ON DELETE no action ON UPDATE no action;