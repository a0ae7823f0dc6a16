-- Lists that wait for a person are nothing to claim, and a job's timers are not found by when they are due: each index is for
-- what it is named for, so that no plan takes it for something else.
DROP INDEX "dispatch_queue_ready";--> statement-breakpoint
DROP INDEX "timers_due";--> statement-breakpoint
CREATE INDEX "dispatch_queue_ready" ON "dispatch_queue" USING btree ("shard","tenant_id","connection_id","run_at","id") WHERE worker_id is null and run_at < 'infinity';--> statement-breakpoint
CREATE INDEX "timers_due" ON "timers" USING btree ("shard","due_at") WHERE due_at < 'infinity';