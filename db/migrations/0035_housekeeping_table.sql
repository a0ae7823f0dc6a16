CREATE TABLE "housekeeping" (
	"work" text PRIMARY KEY NOT NULL,
	"holder" uuid,
	"leased_until" timestamp with time zone,
	"fence" bigint DEFAULT 0 NOT NULL,
	"done_at" timestamp with time zone
);
