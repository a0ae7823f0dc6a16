-- Roles, row level security, privileges, partitions of event_log, and storage settings: what drizzle cannot say.
-- Roles belong to the whole cluster, so another database may have made them, at this very moment too.
do $$
declare r text;
begin
  foreach r in array array['pawl_api', 'pawl_worker', 'pawl_operator'] loop
    begin
      execute format('create role %I nologin', r);
    exception when duplicate_object or unique_violation then null;
    end;
    -- a superuser acts as any role already; another owner needs to be a member
    if not pg_has_role(current_user, r, 'usage') then
      execute format('grant %I to current_user', r);
    end if;
  end loop;
end $$;
--> statement-breakpoint
grant usage on schema public to pawl_api, pawl_worker, pawl_operator;
--> statement-breakpoint

-- The tenants that the running transaction may see. Unset or reset, it is an error and not an empty match:
-- current_setting refuses an unknown name, and the empty string that a past `set local` leaves is no array.
create function pawl_tenant_ids() returns uuid[] language sql stable parallel safe
  as $$ select current_setting('pawl.tenant_ids')::uuid[] $$;
--> statement-breakpoint

alter table tenants enable row level security;
alter table tenants force row level security;
create policy own on tenants to pawl_api using (id = any ((select pawl_tenant_ids())::uuid[]));
create policy everything on tenants to pawl_worker, pawl_operator using (true) with check (true);
--> statement-breakpoint

-- Tenant-owned tables: the API sees the tenants its transaction named. So does the worker, but for the three
-- tables that tell it for whom there is work, and for the answers it forgets when they are old.
do $$
declare
  t text;
  finds_work constant text[] := array['dispatch_queue', 'timers', 'connection_tests'];
begin
  foreach t in array array['api_keys', 'role_assignments', 'idempotency_keys', 'connections', 'connection_tests',
    'workflows', 'workflow_versions', 'jobs', 'job_keys', 'timers', 'event_log', 'dispatch_queue', 'action_runs',
    'utility_ledger'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy operator on %I to pawl_operator using (true) with check (true)', t);
    execute format('create policy tenant on %I to %s
        using (tenant_id = any ((select pawl_tenant_ids())::uuid[]))
        with check (tenant_id = any ((select pawl_tenant_ids())::uuid[]))',
      t, case when t = any (finds_work) then 'pawl_api' else 'pawl_api, pawl_worker' end);
    if t = any (finds_work) then
      execute format('create policy worker on %I to pawl_worker using (true) with check (true)', t);
    end if;
    if t = 'idempotency_keys' then
      execute format('create policy old on %I for delete to pawl_worker using (created_at < now() - interval ''1 day'')', t);
      execute format('create policy old_seen on %I for select to pawl_worker using (created_at < now() - interval ''1 day'')', t);
    end if;
  end loop;
end $$;
--> statement-breakpoint

grant select on all tables in schema public to pawl_operator;
grant insert on tenants, api_keys, role_assignments, encryption_keys, event_log to pawl_operator;
grant update (name, slug) on tenants to pawl_operator;
grant update (credentials, key_id, version) on connections to pawl_operator;
grant delete on encryption_keys to pawl_operator;
--> statement-breakpoint

grant select on tenants, encryption_keys, workers, api_keys, role_assignments, idempotency_keys, connections,
  connection_tests, workflows, workflow_versions, jobs, job_keys, timers, event_log, dispatch_queue, action_runs,
  utility_ledger to pawl_api;
grant insert on api_keys, role_assignments, idempotency_keys, connections, connection_tests, workflows,
  workflow_versions, jobs, job_keys, timers, event_log, dispatch_queue, action_runs to pawl_api;
grant update on connections, workflows, jobs, dispatch_queue, action_runs to pawl_api;
grant update (revoked_at) on api_keys to pawl_api;
grant update (layout) on workflow_versions to pawl_api;
grant delete on role_assignments, connections, workflows, job_keys, timers, dispatch_queue to pawl_api;
--> statement-breakpoint

grant select on tenants, encryption_keys, workers, connections, connection_tests, workflows, workflow_versions, jobs,
  job_keys, timers, event_log, dispatch_queue, action_runs, utility_ledger, idempotency_keys to pawl_worker;
grant insert on workers, jobs, job_keys, timers, event_log, dispatch_queue, action_runs, utility_ledger,
  idempotency_keys to pawl_worker;
grant update on workers, jobs, timers, dispatch_queue, action_runs to pawl_worker;
grant update (flag, flagged_at, last_test) on connections to pawl_worker;
grant update (taken_at, answered_at, result) on connection_tests to pawl_worker;
grant delete on workers, job_keys, timers, dispatch_queue, idempotency_keys to pawl_worker;
--> statement-breakpoint

create table event_log_rest partition of event_log default;
alter table event_log_rest enable row level security;
alter table event_log_rest force row level security;
--> statement-breakpoint

-- Makes the monthly partitions from this month to `months_ahead` on. Owned by the owner of the tables, as only it can.
create function pawl_make_event_log_partitions(months_ahead integer) returns setof text
  language plpgsql security definer set search_path = public, pg_temp as $$
declare
  first date;
  part text;
begin
  for i in 0 .. months_ahead loop
    first := (date_trunc('month', now() at time zone 'utc') + make_interval(months => i))::date;
    part := 'event_log_' || to_char(first, 'YYYY_MM');
    if to_regclass(part) is null then
      begin
        execute format('create table %I partition of event_log for values from (%L) to (%L)', part,
          first::timestamp at time zone 'utc', (first + interval '1 month')::timestamp at time zone 'utc');
        execute format('alter table %I enable row level security', part);
        execute format('alter table %I force row level security', part);
        return next part;
      exception
        when duplicate_table then null; -- another process was first
        when check_violation then null; -- rows of that month are in event_log_rest already and stay there
      end;
    end if;
  end loop;
end $$;
--> statement-breakpoint

-- Drops the partitions that end more than `keep_days` ago.
create function pawl_drop_event_log_partitions(keep_days integer) returns setof text
  language plpgsql security definer set search_path = public, pg_temp as $$
declare part text;
begin
  for part in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'event_log'::regclass and c.relname ~ '^event_log_\d{4}_\d{2}$'
      and to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' < now() - make_interval(days => keep_days)
  loop
    execute format('drop table %I', part);
    return next part;
  end loop;
end $$;
--> statement-breakpoint
revoke all on function pawl_make_event_log_partitions(integer), pawl_drop_event_log_partitions(integer) from public;
grant execute on function pawl_make_event_log_partitions(integer), pawl_drop_event_log_partitions(integer)
  to pawl_worker, pawl_operator;
--> statement-breakpoint
select pawl_make_event_log_partitions(3);
--> statement-breakpoint

-- Room in each page for the new versions of a row that lives a while (heap-only tuples).
alter table jobs set (fillfactor = 70);
alter table action_runs set (fillfactor = 70);
-- Every row of the queue dies young: vacuum by number of dead rows, not by share of the table.
alter table dispatch_queue set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
alter table timers set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
