-- Sources, inbound events and triggers: row level security, privileges, storage.
select pawl_isolate('sources'), pawl_isolate('inbound_events'), pawl_isolate('triggers'),
  pawl_isolate('inbound_queue', true);
--> statement-breakpoint

-- A request names a source before anybody knows whose it is: the API may look up any address, and make or remove one
-- only for the tenant its transaction named. Workers have no use for it.
alter table source_addresses enable row level security;
alter table source_addresses force row level security;
create policy operator on source_addresses to pawl_operator using (true) with check (true);
create policy found on source_addresses for select to pawl_api using (true);
create policy made on source_addresses for insert to pawl_api
  with check (owner_id = any ((select pawl_tenant_ids())::uuid[]));
create policy removed on source_addresses for delete to pawl_api
  using (owner_id = any ((select pawl_tenant_ids())::uuid[]));
grant select on source_addresses to pawl_operator;
grant select, insert, delete on source_addresses to pawl_api;
--> statement-breakpoint

grant select, insert, update, delete on sources, triggers to pawl_api;
grant select, insert, update on inbound_events to pawl_api;
grant insert on utility_ledger to pawl_api;
grant select, insert, delete on inbound_queue to pawl_api;
--> statement-breakpoint

-- Of a source the worker needs what it is called, and never the secret.
grant select (shard, tenant_id, id, name, kind, busy_until), update (busy_until) on sources to pawl_worker;
grant select on triggers to pawl_worker;
grant select, update, delete on inbound_events to pawl_worker;
grant select, delete on inbound_queue to pawl_worker;
--> statement-breakpoint

-- Room in each page for the two versions that processing makes of a row.
alter table inbound_events set (fillfactor = 70);
-- As dispatch_queue: every row dies young.
alter table inbound_queue set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
  autovacuum_vacuum_cost_delay = 0);
--> statement-breakpoint

-- Rotation moves secrets to other keys.
grant update (secret, key_id, previous_secret, previous_key_id) on sources to pawl_operator;
