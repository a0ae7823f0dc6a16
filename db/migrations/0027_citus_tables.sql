CREATE TABLE "metering_settled" (
	"shard" smallint PRIMARY KEY NOT NULL,
	"settled" bigint DEFAULT 0 NOT NULL,
	"closed_until" timestamp with time zone DEFAULT '-infinity' NOT NULL
);
