// Before a connection is switched off: what would fail from then on.
import { Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Resource } from '../api/client.ts';
import { Confirm } from '../elements/confirm.tsx';
import { changeConnection } from './connection-requests.ts';
import { UsesList } from './connections/uses-list.tsx';
import { usesQuery } from './integration-requests.ts';

interface Props {
  connection: Resource<'Connection'>;
  opened: boolean;
  onClose(): void;
}

export function DisableConnection({ connection: { id, connection_name: name }, opened, onClose }: Props) {
  const queries = useQueryClient();
  return (
    <Confirm
      title={`Disable ${name}?`}
      does="Disable"
      keeps="Keep it on"
      opened={opened}
      onClose={onClose}
      onConfirm={async () => {
        await changeConnection(id, { enabled: false });
        await queries.invalidateQueries({ queryKey: ['connections'] });
      }}
    >
      Until it is enabled again, nothing goes out through it, also not what is queued: actions fail,
      deliveries are skipped, scheduled exports wait. Its credentials stay.
      <UsedBy connectionId={id} />
    </Confirm>
  );
}

function UsedBy({ connectionId }: { connectionId: string }) {
  const { data: uses } = useQuery(usesQuery(connectionId));
  if (!uses) return null;
  return (
    <>
      <Text size="sm" fw={600} mt="sm" mb={4}>
        Used by
      </Text>
      <UsesList uses={uses} />
    </>
  );
}
