-- What every table of a tenant needs, said once: later migrations call it for each table they make.
-- API and worker see the tenants their transaction named; where `finds_work`, the worker sees all of the table, because it
-- is what tells it for whom there is work.
create function pawl_isolate(t regclass, finds_work boolean default false) returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', t);
  execute format('alter table %s force row level security', t);
  execute format('create policy operator on %s to pawl_operator using (true) with check (true)', t);
  execute format('create policy tenant on %s to %s
      using (tenant_id = any ((select pawl_tenant_ids())::uuid[]))
      with check (tenant_id = any ((select pawl_tenant_ids())::uuid[]))',
    t, case when finds_work then 'pawl_api' else 'pawl_api, pawl_worker' end);
  if finds_work then
    execute format('create policy worker on %s to pawl_worker using (true) with check (true)', t);
  end if;
  execute format('grant select on %s to pawl_operator', t);
end $$;
