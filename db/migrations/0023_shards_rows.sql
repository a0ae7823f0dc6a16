insert into shards select generate_series(0, 63);
--> statement-breakpoint
grant select on shards to pawl_api, pawl_worker, pawl_operator;
