select pawl_isolate('connection_rates');
select pawl_isolate('connection_health');
--> statement-breakpoint
grant select on connection_rates, connection_health to pawl_api;
-- Only to close a circuit by hand.
grant update (circuit, since, open_until, misses, openings, probe_by, probe_until, revision) on connection_health to pawl_api;
grant select, insert, update on connection_rates, connection_health to pawl_worker;
--> statement-breakpoint
-- Rows that are updated again and again in place: room in each page for their next versions (heap-only tuples).
alter table connection_rates set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 5000);
alter table connection_health set (fillfactor = 70);
