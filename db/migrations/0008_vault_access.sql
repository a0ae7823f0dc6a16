select pawl_isolate('tenant_keys');
--> statement-breakpoint
-- The API makes a tenant's first key; only the operator replaces, rewraps and deletes them.
grant select, insert on tenant_keys to pawl_api;
grant select on tenant_keys to pawl_worker;
grant insert, delete, update (wrapped, wrapping_key_id) on tenant_keys to pawl_operator;
--> statement-breakpoint
grant select, insert, update (finished_at) on data_key_rotations to pawl_operator;
