-- A worker's metrics say how old the oldest snapshot is, which takes a look at other sessions. Where the owner may not give
-- that away (no superuser, no admin option), the two metrics are absent; see docs/operating.md.
do $$
begin
  grant pg_read_all_stats to pawl_worker;
exception when insufficient_privilege then
  raise notice 'pawl_worker may not read all statistics: grant pg_read_all_stats to pawl_worker';
end $$;
