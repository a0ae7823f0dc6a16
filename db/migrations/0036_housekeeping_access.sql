insert into housekeeping (work) values ('retention'), ('log_retention');
--> statement-breakpoint
grant select, update on housekeeping to pawl_worker, pawl_sealer;
--> statement-breakpoint
grant select on housekeeping to pawl_operator;
