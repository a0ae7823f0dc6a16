// What whoever looks may do, and how it is said when they may not.
import { Text } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { Resource } from '../api/client.ts';
import { meQuery } from '../api/queries.ts';
import { Empty } from '../elements/empty.tsx';
import { Panel } from '../elements/panel.tsx';

export type Permission = Resource<'Me'>['permissions'][number];

/** In the whole organisation. */
export function useMay(): (permission: Permission) => boolean {
  const { data: me } = useQuery(meQuery);
  return (permission) => me?.permissions.includes(permission) ?? false;
}

/** Instead of what one may not see. */
export function MayNotSee({ what, permission }: { what: string; permission: Permission }) {
  return (
    <Panel>
      <Empty icon={IconLock} title={`You may not see ${what}`}>
        It takes the permission <code>{permission}</code>, which Owners, Contributors and Readers of the
        organisation have. Ask an Owner for one of these roles.
      </Empty>
    </Panel>
  );
}

/** Beside what one sees and cannot change. */
export function OwnersOnly({ children }: { children: string }) {
  return (
    <Text size="sm" c="dimmed">
      {children} takes the role Owner. Ask somebody who has it.
    </Text>
  );
}
