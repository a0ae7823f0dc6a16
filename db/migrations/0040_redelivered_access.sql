-- What comes again after it failed is the next try of its delivery.
grant update (id) on inbound_deliveries to pawl_api;
