-- As of connection_health (0004_limits_access.sql): workers write it, the API closes circuits by hand.
select pawl_isolate('endpoint_health');
--> statement-breakpoint
grant select on endpoint_health to pawl_api;
grant update (circuit, since, open_until, misses, openings, probe_by, probe_until, revision) on endpoint_health to pawl_api;
grant select, insert, update on endpoint_health to pawl_worker;
--> statement-breakpoint
alter table endpoint_health set (fillfactor = 70);
