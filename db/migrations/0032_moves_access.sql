-- Moving tenants between shards has a role of its own: it reads, writes and deletes the rows of every tenant, which no
-- role of the running application may. Logins of operators become it.
do $$
begin
  begin
    create role pawl_mover nologin;
  exception when duplicate_object or unique_violation then null;
  end;
  if not pg_has_role(current_user, 'pawl_mover', 'usage') then
    grant pawl_mover to current_user;
  end if;
end $$;
--> statement-breakpoint
grant usage on schema public to pawl_mover;
--> statement-breakpoint

-- What every table of a tenant needs (0002_isolate.sql), with what the mover does.
create or replace function pawl_isolate(t regclass, finds_work boolean default false) returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', t);
  execute format('alter table %s force row level security', t);
  execute format('create policy operator on %s to pawl_operator using (true) with check (true)', t);
  execute format('create policy mover on %s to pawl_mover using (true) with check (true)', t);
  execute format('create policy tenant on %s to %s
      using (tenant_id = any ((select pawl_tenant_ids())::uuid[]))
      with check (tenant_id = any ((select pawl_tenant_ids())::uuid[]))',
    t, case when finds_work then 'pawl_api' else 'pawl_api, pawl_worker' end);
  if finds_work then
    execute format('create policy worker on %s to pawl_worker using (true) with check (true)', t);
  end if;
  execute format('grant select on %s to pawl_operator', t);
  execute format('grant select, insert, update, delete on %s to pawl_mover', t);
end $$;
--> statement-breakpoint
-- Tables that were there before, each as soon as nobody is in the way: called after the migrations, as it commits in between.
create procedure pawl_admit_mover() language plpgsql as $$
declare
  t regclass;
  without constant regclass[] := array(
    select c.oid from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'shard' and not a.attisdropped)
      and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
      and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'mover'));
begin
  foreach t in array without loop
    call pawl_at_once(format('create policy mover on %s to pawl_mover using (true) with check (true);
      grant select, insert, update, delete on %s to pawl_mover', t, t));
  end loop;
end $$;
--> statement-breakpoint
revoke all on procedure pawl_admit_mover() from public;
--> statement-breakpoint

create policy mover on tenants to pawl_mover using (true) with check (true);
create policy mover on source_addresses to pawl_mover using (true) with check (true);
grant select, update (shard, moving) on tenants to pawl_mover;
grant select, update (shard) on source_addresses to pawl_mover;
grant select, insert, update on tenant_moves to pawl_mover;
grant select on tenant_moves to pawl_operator, pawl_sealer;
grant select on shards to pawl_mover;
-- It seals what it copies, and keeps the sealer and the rollups waiting while a tenant changes its shard.
grant select, update (sealed_to) on event_log_sealers to pawl_mover;
grant select, update (settled) on metering_progress to pawl_mover;
--> statement-breakpoint

-- The first id (UUID version 7) that could have been made at that moment.
create function pawl_first_id_at(moment timestamptz) returns uuid language sql immutable parallel safe
  as $$ select (lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid $$;
