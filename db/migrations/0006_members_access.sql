-- Groups are a tenant's like everything else. What better-auth keeps belongs to people, who may be in several tenants: role
-- `pawl_auth` alone works with it, and sees no row of a tenant; `pawl_api` sees who and what belongs to the tenants it named.
select pawl_isolate('groups');
--> statement-breakpoint
select pawl_isolate('group_members');
--> statement-breakpoint
grant select, insert, delete on groups, group_members to pawl_api;
grant update (name) on groups to pawl_api;
--> statement-breakpoint
do $$
begin
  begin
    create role pawl_auth nologin;
  exception when duplicate_object or unique_violation then null;
  end;
  if not pg_has_role(current_user, 'pawl_auth', 'usage') then
    grant pawl_auth to current_user;
  end if;
end $$;
--> statement-breakpoint
grant usage on schema public to pawl_auth;
grant select, insert on tenants to pawl_auth;
grant select, insert, update, delete on auth_users, auth_sessions, auth_accounts, auth_verifications, auth_members,
  auth_invitations to pawl_auth;
grant select, delete on auth_members to pawl_api;
grant select (id, name, email) on auth_users to pawl_api;
-- Not `id`: it is the secret that accepting takes.
grant select (public_id, organization_id, email, roles, status, expires_at, created_at, invited_by) on auth_invitations to pawl_api;
grant insert on auth_invitations to pawl_api;
grant update (status) on auth_invitations to pawl_api;
--> statement-breakpoint
create policy sign_in on tenants to pawl_auth using (true) with check (true);
--> statement-breakpoint
do $$
declare t text;
begin
  foreach t in array array['auth_users', 'auth_sessions', 'auth_accounts', 'auth_verifications', 'auth_members',
    'auth_invitations'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy sign_in on %I to pawl_auth using (true) with check (true)', t);
  end loop;
  foreach t in array array['auth_members', 'auth_invitations'] loop
    execute format('create policy tenant on %I to pawl_api
      using (organization_id = any ((select pawl_tenant_ids())::uuid[]))
      with check (organization_id = any ((select pawl_tenant_ids())::uuid[]))', t);
  end loop;
end $$;
--> statement-breakpoint
create policy members on auth_users for select to pawl_api using (
  exists (
    select from auth_members m
    where m.user_id = auth_users.id and m.organization_id = any ((select pawl_tenant_ids())::uuid[])));
