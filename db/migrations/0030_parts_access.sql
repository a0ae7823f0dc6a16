-- action_runs and inbound_events by time: what makes their partitions and drops them, and what turns the tables of a database
-- that has been in use into their first partition. `call pawl_partition_by_id(…)` follows the migrations, as it commits in between.
select pawl_isolate('inbound_deliveries');
grant select, insert on inbound_deliveries to pawl_api;
grant select, delete on inbound_deliveries to pawl_worker;
--> statement-breakpoint

-- The first of all ids (UUIDv7) that are made at this moment or later.
create function pawl_first_id(moment timestamptz) returns uuid language sql immutable parallel safe
  as $$ select rpad(lpad(to_hex(greatest((extract(epoch from moment) * 1000)::bigint, 0)), 12, '0'), 32, '0')::uuid $$;
--> statement-breakpoint

-- How long a partition is. Inbound events are kept for a month and not for a year, so theirs are shorter.
create function pawl_partition_width(t text) returns text language sql immutable parallel safe
  as $$ select case t when 'action_runs' then 'month' when 'inbound_events' then 'week' end $$;
--> statement-breakpoint

-- Partitions of a table with the time they are for, in UTC; `starts_at` is null for the one that was there before partitions. That
-- of what has no other is not among them.
create function pawl_id_partitions(t text) returns table (name text, starts_at timestamptz, ends_at timestamptz)
  language sql stable set search_path = public, pg_temp as $$
  select c.relname::text,
    case when c.relname like '%\_until\_%' then null else f.day at time zone 'utc' end,
    case when c.relname like '%\_until\_%' then f.day
      else f.day + ('1 ' || pawl_partition_width(t))::interval end at time zone 'utc'
  from pg_inherits i join pg_class c on c.oid = i.inhrelid,
    lateral (select to_date(right(c.relname, 10), 'YYYY_MM_DD')::timestamp as day) f
  where i.inhparent = to_regclass(t) and pawl_partition_width(t) is not null
    and c.relname ~ ('^' || t || '(_until)?_\d{4}_\d{2}_\d{2}$')
$$;
--> statement-breakpoint

-- Makes the partitions from now to `days_ahead` days ahead. Attaching locks the table against nobody who reads or writes; the
-- partition for what has no other is locked for a moment, and looked through. @returns their names
create function pawl_make_id_partitions(t text, days_ahead integer) returns setof text
  language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '200ms' as $$
declare
  width constant text := pawl_partition_width(t);
  now_utc constant timestamp := now() at time zone 'utc';
  first timestamp := date_trunc(width, now_utc);
  starts timestamptz;
  ends timestamptz;
  part text;
begin
  if width is null then raise exception 'no table with partitions by id: %', t; end if;
  while first <= now_utc + make_interval(days => days_ahead) loop
    part := t || to_char(first, '"_"YYYY_MM_DD');
    starts := first at time zone 'utc';
    first := first + ('1 ' || width)::interval;
    ends := first at time zone 'utc';
    continue when exists (
      select from pawl_id_partitions(t) p
      where p.ends_at > starts and coalesce(p.starts_at, '-infinity') < ends);
    begin
      execute format('create table %I (like %I including defaults including storage, primary key (shard, tenant_id, id))
        with (fillfactor = 70)', part, t);
      execute format('alter table %I enable row level security', part);
      execute format('alter table %I force row level security', part);
      execute format('alter table %I attach partition %I for values from (%L) to (%L)', t, part,
        pawl_first_id(starts), pawl_first_id(ends));
      return next part;
    exception
      when duplicate_table then null; -- another process was first
      when check_violation then null; -- rows of that time are where those without a partition are, and stay there
      when lock_not_available then null; -- it is made long before it is needed
    end;
  end loop;
end $$;
--> statement-breakpoint

-- Drops one partition that ended more than `keep_days` ago. Waits for its lock for a fraction of a second, as whoever writes waits
-- behind it; @returns whether it could. Whether anything in it is still wanted is for the caller to know.
create function pawl_drop_id_partition(t text, part text, keep_days integer) returns boolean
  language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '200ms' as $$
begin
  if not exists (
      select from pawl_id_partitions(t) p
      where p.name = part and p.ends_at < now() - make_interval(days => keep_days)) then
    return false;
  end if;
  execute format('drop table %I', part);
  return true;
exception when lock_not_available then
  return false;
end $$;
--> statement-breakpoint
revoke all on function pawl_make_id_partitions(text, integer), pawl_drop_id_partition(text, text, integer) from public;
grant execute on function pawl_make_id_partitions(text, integer), pawl_drop_id_partition(text, text, integer) to pawl_worker;
--> statement-breakpoint

-- Who processes requests of the version before stores events and knows nothing of `inbound_deliveries`. Before the event, as the
-- version after does, so that the two never wait for each other.
create function pawl_remember_delivery() returns trigger language plpgsql as $$
begin
  insert into inbound_deliveries (shard, tenant_id, source_id, delivery_id, id)
  values (new.shard, new.tenant_id, new.source_id, new.delivery_id, new.id) on conflict do nothing;
  return new;
end $$;
--> statement-breakpoint

-- Partitions what is a whole table still. `key` is the column that the partitions are of. What a table holds already becomes its
-- first partition, as it is, with its indexes: nothing is copied, and nobody waits for longer than a fraction of a second at a time. That
-- partition reaches so far ahead that the version before works in nothing but it, for as long as it may run beside this one.
create procedure pawl_partition_by_id(t text, key text) language plpgsql as $$
declare
  -- No tenant, no rows. Row level security hides them from the owner too, so this is the way to ask.
  fresh constant boolean := pg_relation_size('tenants') = 0;
  -- Forty days ahead at the least.
  ends constant timestamp := date_trunc(pawl_partition_width(t), (now() at time zone 'utc')
    + case t when 'action_runs' then interval '71 days' else interval '47 days' end);
  whole constant text := t || to_char(ends, '"_until_"YYYY_MM_DD');
  interrupted text;
begin
  if (select relkind from pg_class where oid = t::regclass) = 'p' then return; end if;
  if not fresh then
    -- Checked while others write, so that attaching has nothing left to check.
    for interrupted in select conname from pg_constraint where conrelid = t::regclass and conname ~ ('^' || t || '_until_') loop
      call pawl_at_once(format('alter table %I drop constraint %I', t, interrupted));
    end loop;
    call pawl_at_once(format('alter table %I add constraint %I check (%I < %L) not valid', t, whole, key,
      pawl_first_id(ends at time zone 'utc')));
    execute format('alter table %I validate constraint %I', t, whole);
    commit;
    if t = 'inbound_events' then
      call pawl_at_once('create or replace trigger remember_delivery before insert on inbound_events for each row
        when (new.delivery_id is not null) execute function pawl_remember_delivery()');
      -- Of all tenants: the owner is held back by a table that forces row level security.
      call pawl_at_once('alter table inbound_events no force row level security;
        alter table inbound_deliveries no force row level security');
      insert into inbound_deliveries (shard, tenant_id, source_id, delivery_id, id)
        select shard, tenant_id, source_id, delivery_id, id from inbound_events where delivery_id is not null
        on conflict do nothing;
      commit;
      call pawl_at_once('alter table inbound_deliveries force row level security');
    end if;
  end if;
  call pawl_at_once(pawl_partitioning(t, key, whole, ends, fresh));
  commit;
end $$;
--> statement-breakpoint

-- Runs statements in one transaction, as soon as nobody is in the way; nobody waits behind them for more than a moment.
create procedure pawl_at_once(statements text) language plpgsql as $$
declare done boolean := false;
begin
  while not done loop
    begin
      set local lock_timeout = '200ms';
      execute statements;
      done := true;
    exception when lock_not_available then null;
    end;
    commit;
    if not done then perform pg_sleep(0.3); end if;
  end loop;
end $$;
--> statement-breakpoint

-- The statements that put a partitioned table in the place of a whole one, which becomes its first partition, or goes if it is new.
create function pawl_partitioning(t text, key text, whole text, ends timestamp, fresh boolean) returns text
  language plpgsql stable as $$
begin
  return format('alter table %I rename to %I;', t, whole)
    || case t
      when 'action_runs' then format('alter index action_runs_in_order rename to %I; alter index action_runs_by_name rename to %I;',
        whole || '_in_order', whole || '_by_name')
      else format('alter index inbound_events_by_source rename to %I;', whole || '_by_source')
    end
    || format('create table %I (like %I including defaults including storage) partition by range (%I);', t, whole, key)
    || format('select pawl_isolate(%L);', t)
    || case t
      when 'action_runs' then '
        create unique index action_runs_in_order on action_runs (shard, tenant_id, job_id, transition_id, ordinal);
        create index action_runs_by_name on action_runs (shard, tenant_id, job_id, name, transition_id, ordinal) where name is not null;
        grant select, insert, update on action_runs to pawl_api;
        grant select, insert, update, delete on action_runs to pawl_worker;'
      else '
        alter table inbound_events add primary key (shard, tenant_id, id);
        create index inbound_events_by_source on inbound_events (shard, tenant_id, source_id, id);
        grant select, insert, update on inbound_events to pawl_api;
        grant select, update, delete on inbound_events to pawl_worker;'
    end
    || case when fresh then format('drop table %I;', whole) else
        format('alter table %I attach partition %I for values from (minvalue) to (%L);', t, whole,
          pawl_first_id(ends at time zone 'utc'))
        || format('alter table %I drop constraint %I;', whole, whole)
        || format('drop policy operator on %I; drop policy tenant on %I; drop policy if exists mover on %I;', whole, whole, whole)
        || format('alter table %I force row level security;', whole)
        || format('revoke all on %I from pawl_api, pawl_worker, pawl_operator, pawl_mover;', whole)
      end
    || format('create table %I partition of %I %s default;', t || '_rest', t,
      case t when 'action_runs' then '(primary key (shard, tenant_id, id))' else '' end)
    || format('alter table %I enable row level security;', t || '_rest')
    || format('alter table %I force row level security;', t || '_rest')
    || format('select pawl_make_id_partitions(%L, %s);', t,
      case t when 'action_runs' then 31 else 7 end);
end $$;
--> statement-breakpoint
revoke all on procedure pawl_partition_by_id(text, text), pawl_at_once(text) from public;
revoke all on function pawl_partitioning(text, text, text, timestamp, boolean) from public;
