-- As before, but by attaching, as pawl_make_id_partitions does: nobody who reads or writes the log is locked out, and what has to
-- be locked (the partition for what has no other) is waited for no longer than a moment, as whoever comes later waits behind it.
create or replace function pawl_make_event_log_partitions(months_ahead integer) returns setof text
  language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '200ms' as $$
declare
  first date;
  part text;
begin
  for i in 0 .. months_ahead loop
    first := (date_trunc('month', now() at time zone 'utc') + make_interval(months => i))::date;
    part := 'event_log_' || to_char(first, 'YYYY_MM');
    continue when to_regclass(part) is not null;
    begin
      execute format('create table %I (like event_log including defaults including storage,
        primary key (shard, tenant_id, subject_id, id, at))', part);
      execute format('alter table %I enable row level security', part);
      execute format('alter table %I force row level security', part);
      execute format('alter table event_log attach partition %I for values from (%L) to (%L)', part,
        first::timestamp at time zone 'utc', (first + interval '1 month')::timestamp at time zone 'utc');
      return next part;
    exception
      when duplicate_table then null; -- another process was first
      when check_violation then null; -- rows of that month are in event_log_rest already and stay there
      when lock_not_available then null; -- it is made long before it is needed
    end;
  end loop;
end $$;
