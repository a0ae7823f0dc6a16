-- An organisation, its first member and their role are made in one transaction, by the role that does the rest of the API.
-- Not `created_at`: it says when the transaction began, and so below which tenants are its own.
grant insert (id, shard, name, slug), update (name) on tenants to pawl_api;
grant insert (organization_id, user_id) on auth_members to pawl_api;
grant update (last_used_at) on api_keys to pawl_api;
--> statement-breakpoint
-- Into an organisation that is there already, people come by accepting an invitation, which `pawl_auth` sees to.
create policy first_member on auth_members as restrictive for insert to pawl_api with check (
  exists (select from tenants t where t.id = organization_id and t.created_at = now()));
--> statement-breakpoint
-- Organisations are not made by better-auth any more.
-- breaks: 0.1.0 (an API of that version makes no organisations from then on)
revoke insert on tenants from pawl_auth;
