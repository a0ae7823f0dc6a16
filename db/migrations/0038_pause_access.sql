-- To lift a pause by hand.
grant update (paused_until) on connection_health, endpoint_health to pawl_api;
