-- The order of transactions, as the log keeps it. A database that was restored into another server counts on from where it
-- was: pawl_adopt_server puts the difference here.
create function pawl_log_position(transaction xid8) returns bigint language sql immutable parallel safe
  as $$ select transaction::text::bigint + 0 $$;
--> statement-breakpoint
-- After a restore into a server that counted fewer transactions, new entries would come before what is sealed. To be called
-- by the owner before anything is written; changes nothing otherwise.
create function pawl_adopt_server() returns void language plpgsql as $$
declare
  current xid8 := pg_current_xact_id();
  sealed bigint := (select max(sealed_to) from event_log_sealers);
begin
  if sealed >= pawl_log_position(current) then
    execute format('create or replace function pawl_log_position(transaction xid8) returns bigint language sql
      immutable parallel safe as $f$ select transaction::text::bigint + %s $f$', sealed + 1 - current::text::bigint);
  end if;
end $$;
--> statement-breakpoint
revoke all on function pawl_adopt_server() from public;
--> statement-breakpoint

-- breaks: nothing that waits for the lock (a default is replaced by another, and a type by itself, in one statement)
-- What is in the log already comes before every transaction, each entry at a place of its own. (A rewrite and not an
-- update: row level security is forced, for the owner too.)
create sequence event_log_before minvalue -4611686018427387904 start with -4611686018427387904;
alter table event_log alter column position drop default;
alter table event_log alter column position type bigint using nextval('event_log_before');
alter table event_log alter column position set default pawl_log_position(pg_current_xact_id());
drop sequence event_log_before;
-- One shard after the other is verified, the first when everything has been running for a while.
insert into event_log_sealers (shard, sealed_to, verify_at)
select shard, -9223372036854775808, now() + make_interval(mins => 10 + shard) from generate_series(0, 63) shard;
--> statement-breakpoint

-- Nobody says himself where his entry stands.
-- breaks: nothing (no version names `position` when it writes)
revoke insert on event_log from pawl_api, pawl_worker, pawl_operator;
grant insert (shard, tenant_id, subject_id, id, at, kind, seq, actor, data) on event_log
  to pawl_api, pawl_worker, pawl_operator;
--> statement-breakpoint

-- The sealer is a role of its own: it reads the log of all tenants and writes seals, and nothing else. Workers become it,
-- and inherit nothing from it.
do $$
begin
  begin
    create role pawl_sealer nologin;
  exception when duplicate_object or unique_violation then null;
  end;
  if not pg_has_role(current_user, 'pawl_sealer', 'usage') then
    grant pawl_sealer to current_user;
  end if;
  begin
    alter role pawl_worker noinherit;
    grant pawl_sealer to pawl_worker;
  exception when insufficient_privilege then
    raise warning 'grant pawl_sealer to the login of the workers: %', sqlerrm;
  -- another database of this server does the same at this moment
  when others then
    if not pg_has_role('pawl_worker', 'pawl_sealer', 'member') then raise; end if;
  end;
end $$;
--> statement-breakpoint
grant usage on schema public to pawl_sealer;
--> statement-breakpoint
select pawl_isolate('event_log_seals'), pawl_isolate('event_log_checkpoints'), pawl_isolate('event_log_verifications');
--> statement-breakpoint
create policy sealer on event_log for select to pawl_sealer using (true);
create policy sealer on event_log_seals to pawl_sealer using (true) with check (true);
create policy sealer on event_log_checkpoints to pawl_sealer using (true) with check (true);
create policy sealer on event_log_verifications to pawl_sealer using (true) with check (true);
create policy sealer on tenants for select to pawl_sealer using (true);
--> statement-breakpoint
grant select on event_log, tenants to pawl_sealer;
grant select, insert on event_log_seals, event_log_checkpoints to pawl_sealer;
grant select, insert, update on event_log_verifications to pawl_sealer;
grant select, update (sealed_to, verify_at) on event_log_sealers to pawl_sealer;
grant select on event_log_drops to pawl_sealer, pawl_operator, pawl_api;
grant select on event_log_sealers to pawl_api, pawl_operator;
grant update (verify_at) on event_log_sealers to pawl_api;
grant select on event_log_seals, event_log_checkpoints, event_log_verifications to pawl_api;
--> statement-breakpoint
-- Hashes do not get smaller.
alter table event_log_seals alter column entries set storage external;
--> statement-breakpoint

-- Runs of jobs that are over, and deliveries, are forgotten after their time.
grant delete on action_runs, deliveries to pawl_worker;
--> statement-breakpoint

-- Drops one partition of the log that ended more than `keep_days` ago, and writes down that it did. It waits for its lock
-- for a fraction of a second, as whoever writes waits behind it; @returns whether it could.
create function pawl_drop_event_log_partition(part text, keep_days integer, archive text) returns boolean
  language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '200ms' as $$
declare
  ends timestamptz := (to_date(right(part, 7), 'YYYY_MM') + interval '1 month')::timestamp at time zone 'utc';
begin
  if part !~ '^event_log_\d{4}_\d{2}$' or ends >= now() - make_interval(days => keep_days)
      or not exists (
        select from pg_inherits where inhparent = 'event_log'::regclass and inhrelid = to_regclass(part)) then
    return false;
  end if;
  execute format('drop table %I', part);
  insert into event_log_drops (before, partition, kept_days, archive) values (ends, part, keep_days, archive);
  return true;
exception when lock_not_available then
  return false;
end $$;
--> statement-breakpoint
-- The same for all of them, as workers of the version before call it.
create or replace function pawl_drop_event_log_partitions(keep_days integer) returns setof text
  language plpgsql security definer set search_path = public, pg_temp as $$
declare part text;
begin
  for part in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'event_log'::regclass and c.relname ~ '^event_log_\d{4}_\d{2}$' order by 1
  loop
    if pawl_drop_event_log_partition(part, keep_days, null) then return next part; end if;
  end loop;
end $$;
--> statement-breakpoint
revoke all on function pawl_drop_event_log_partition(text, integer, text) from public;
grant execute on function pawl_drop_event_log_partition(text, integer, text) to pawl_sealer;
