CREATE TABLE "inbound_deliveries" (
	"shard" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"source_id" uuid NOT NULL,
	"delivery_id" text NOT NULL,
	"id" uuid NOT NULL,
	CONSTRAINT "inbound_deliveries_shard_tenant_id_source_id_delivery_id_pk" PRIMARY KEY("shard","tenant_id","source_id","delivery_id")
);
--> statement-breakpoint
CREATE INDEX "inbound_deliveries_by_age" ON "inbound_deliveries" USING btree ("shard","tenant_id","id");