// Columns that every tenant-owned table shares. `shard` leads every key: it is the unit a distributed Postgres
// places and the unit a worker claims from, and a hot statement binds it by a parameter.
import { customType, smallint, timestamp, uuid } from 'drizzle-orm/pg-core';

export const tenantOwned = {
  shard: smallint().notNull(),
  tenantId: uuid().notNull(),
};

export const createdAt = () => timestamp({ withTimezone: true }).notNull().defaultNow();
export const moment = () => timestamp({ withTimezone: true });

export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });
