-- Row level security and privileges of what decides who is told of what.
select pawl_isolate('scopes');
--> statement-breakpoint
select pawl_isolate('supplies');
--> statement-breakpoint
select pawl_isolate('endpoints');
--> statement-breakpoint
select pawl_isolate('endpoint_secrets');
--> statement-breakpoint
select pawl_isolate('subscriptions');
--> statement-breakpoint
select pawl_isolate('subscription_messages');
--> statement-breakpoint
select pawl_isolate('deliveries');
--> statement-breakpoint
select pawl_isolate('notification_rules');
--> statement-breakpoint
grant select on scopes, supplies, endpoints, endpoint_secrets, subscriptions, subscription_messages, deliveries,
  notification_rules to pawl_api, pawl_worker;
grant insert on scopes, supplies, endpoints, endpoint_secrets, subscriptions, subscription_messages, deliveries,
  notification_rules to pawl_api;
grant update on scopes, endpoints, subscriptions, notification_rules to pawl_api;
grant update (expires_at) on endpoint_secrets to pawl_api;
grant delete on scopes, supplies, endpoints, endpoint_secrets, subscriptions, subscription_messages to pawl_api;
--> statement-breakpoint
-- What an action that failed leads to is recorded with its failure, and a worker sees which endpoints do not answer.
grant insert on deliveries to pawl_worker;
grant update (enabled, disabled_reason, failing_since, version, updated_at) on endpoints to pawl_worker;
--> statement-breakpoint
-- Keys move under another one while everything runs (pawl keys rotate).
grant update (secret, key_id) on endpoint_secrets to pawl_operator;
