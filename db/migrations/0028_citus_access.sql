-- What a database over several servers needs of roles; see docs/decisions/0015.
insert into metering_settled (shard) select generate_series(0, 63);
grant select on metering_settled to pawl_api, pawl_worker, pawl_operator;
grant update (settled, closed_until) on metering_settled to pawl_worker;
--> statement-breakpoint
-- Seals are inserted beside the row of their shard, as everything is.
grant select on shards to pawl_sealer;
--> statement-breakpoint
-- As before; on several servers one after the other, as it changes a function after it has read a table there.
create or replace function pawl_adopt_server() returns void language plpgsql as $$
declare
  one_after_the_other text := set_config('citus.multi_shard_modify_mode', 'sequential', true);
  current xid8 := pg_current_xact_id();
  sealed bigint := (select max(sealed_to) from event_log_sealers);
begin
  if sealed >= pawl_log_position(current) then
    execute format('create or replace function pawl_log_position(transaction xid8) returns bigint language sql
      immutable parallel safe as $f$ select transaction::text::bigint + %s $f$', sealed + 1 - current::text::bigint);
  end if;
end $$;
