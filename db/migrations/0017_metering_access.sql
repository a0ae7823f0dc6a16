-- Rollups, exports and quotas: row level security, privileges, and the one row that says how far the rollups are.
select pawl_isolate('usage_rollups', true), pawl_isolate('closed_periods', true), pawl_isolate('late_facts', true),
  pawl_isolate('metering_exports', true), pawl_isolate('metering_quotas', true);
--> statement-breakpoint

-- The ledger tells the worker that keeps the rollups whose usage grew: it reads all of it, and still writes only for the
-- tenants its transaction named.
create policy worker_reads on utility_ledger for select to pawl_worker using (true);
--> statement-breakpoint

insert into metering_progress default values;
grant select on metering_progress to pawl_api, pawl_worker, pawl_operator;
grant update on metering_progress to pawl_worker;
--> statement-breakpoint

grant select on usage_rollups, closed_periods, late_facts, metering_exports, metering_quotas to pawl_api, pawl_worker;
grant insert, update on usage_rollups to pawl_worker;
grant insert on closed_periods, late_facts to pawl_worker;
grant insert, update, delete on metering_exports, metering_quotas to pawl_api;
grant update (since, upto, after_id, part, rows_exported, next_run_at, last_run_at, last_error, failures, leased_until,
  fence) on metering_exports to pawl_worker;
grant update (used, state, period_start) on metering_quotas to pawl_worker;
--> statement-breakpoint

-- Rewritten every second while something happens; the sums are no part of an index.
alter table usage_rollups set (fillfactor = 70);
alter table metering_progress set (fillfactor = 10);
--> statement-breakpoint

-- A database restored from a dump counts its transactions anew, and the rows it brings name those of another server.
-- Makes new rows come after all that are there; nothing where they do already. Run by every migration, as the owner.
create function pawl_resume_ledger() returns void language plpgsql as $$
declare
  ahead bigint;
begin
  select greatest(settled, coalesce(closing_tx, 0)) - (pg_current_xact_id()::text::bigint + tx_offset) into ahead
    from metering_progress;
  if ahead >= 0 then
    -- Rows that the dump had and the rollups had not are counted by it too, so the margin is generous.
    update metering_progress set tx_offset = tx_offset + ahead + 1000000000;
    execute format('alter table utility_ledger alter column tx set default pg_current_xact_id()::text::bigint + %s',
      (select tx_offset from metering_progress));
  end if;
end $$;
revoke all on function pawl_resume_ledger() from public;
