-- Who carries out a standing export is written down, so that what a dead worker held is freed with the rest.
grant update (worker_id) on metering_exports to pawl_worker;
