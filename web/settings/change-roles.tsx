// The roles that somebody holds in the organisation, changed together. Those that groups bring are not theirs to lose here.
import { Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Resource } from '../api/client.ts';
import { ProblemNote } from '../elements/problem-note.tsx';
import { assignmentsQuery, giveRole, takeRole } from './access-requests.ts';
import { Dialog } from './dialog.tsx';
import { type OrganisationRole, RoleChoice } from './role-choice.tsx';
import { useChange } from './use-change.ts';

type Assignment = Resource<'RoleAssignment'>;

export interface Holder {
  type: Assignment['principal_type'];
  id: string;
  name: string;
}

/** Open while it is rendered. */
export function ChangeRoles({ holder, onClose }: { holder: Holder; onClose(): void }) {
  const assignments = useQuery(assignmentsQuery);
  return (
    <Dialog onClose={onClose} title={`Roles of ${holder.name}`}>
      {assignments.isError && <ProblemNote error={assignments.error} />}
      {assignments.isPending && <Skeleton height={260} />}
      {assignments.data && <Form holder={holder} held={heldBy(holder, assignments.data)} onClose={onClose} />}
    </Dialog>
  );
}

const heldBy = ({ type, id }: Holder, assignments: readonly Assignment[]): Assignment[] =>
  assignments.filter(
    (one) => one.principal_type === type && one.principal_id === id && one.connection_id === null,
  );

function Form({ holder, held, onClose }: { holder: Holder; held: readonly Assignment[]; onClose(): void }) {
  const [roles, setRoles] = useState(() => held.map(({ role }) => role as OrganisationRole));
  const save = useChange(async () => {
    // Given before taken: an organisation keeps an Owner, and so does whoever changes their own roles.
    for (const role of roles) {
      if (held.some((one) => one.role === role)) continue;
      await giveRole({ principal_type: holder.type, principal_id: holder.id, role });
    }
    for (const { id, role } of held) if (!roles.includes(role as OrganisationRole)) await takeRole(id);
  }, onClose);

  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate(undefined);
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        <RoleChoice value={roles} onChange={setRoles} />
        <Text size="xs" c="dimmed">
          They hold from the next request on. Roles add up, with those of groups too.
        </Text>
        {save.isError && <ProblemNote error={save.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
