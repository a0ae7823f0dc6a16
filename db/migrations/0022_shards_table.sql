CREATE TABLE "shards" (
	"shard" smallint PRIMARY KEY NOT NULL
);
