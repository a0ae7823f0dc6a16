// Giving a role: to whom, which, and on what.
import { Button, Group, Select, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Resource } from '../api/client.ts';
import { connectionsQuery } from '../api/queries.ts';
import { ProblemNote } from '../elements/problem-note.tsx';
import { giveRole, rolesQuery } from './access-requests.ts';
import { Dialog } from './dialog.tsx';
import { useHolders } from './holders.ts';
import { useMay } from './permissions.tsx';
import { useChange } from './use-change.ts';

type Given = Resource<'NewRoleAssignment'>;

const ORGANISATION = 'organisation';
const GROUPS = [
  ['user', 'People'],
  ['group', 'Groups'],
  ['service', 'API keys'],
] as const;

/** Open while it is rendered. */
export function GiveRole({ onClose }: { onClose(): void }) {
  const may = useMay();
  const { all } = useHolders();
  const { data: roles } = useQuery(rolesQuery);
  const { data: connections } = useQuery(connectionsQuery);
  const inOrganisation = may('role.write');
  const [to, setTo] = useState<string | null>(null);
  const [on, setOn] = useState<string | null>(inOrganisation ? ORGANISATION : null);
  const [role, setRole] = useState<string | null>(null);
  const give = useChange(() => {
    const [type, id = ''] = (to ?? '').split(' ');
    return giveRole({
      principal_type: type as Given['principal_type'],
      principal_id: id,
      role: role as Given['role'],
      connection_id: on === ORGANISATION ? null : on,
    });
  }, onClose);
  const known = on === ORGANISATION ? roles?.organisation : roles?.connection;

  function submit(event: FormEvent) {
    event.preventDefault();
    give.mutate(undefined);
  }

  return (
    <Dialog onClose={onClose} title="Give a role">
      <form onSubmit={submit}>
        <Stack>
          <Select
            label="To"
            placeholder="A person, a group or an API key"
            data={GROUPS.map(([wanted, group]) => ({
              group,
              items: all
                .filter(({ type }) => type === wanted)
                .map(({ type, id, name }) => ({ value: `${type} ${id}`, label: name })),
            }))}
            value={to}
            onChange={setTo}
            searchable
            required
            withAsterisk={false}
            data-autofocus
          />
          <Select
            label="On"
            data={[
              ...(inOrganisation ? [{ value: ORGANISATION, label: 'The whole organisation' }] : []),
              {
                group: 'One connection',
                items: (connections ?? []).map(({ id, connection_name: label }) => ({ value: id, label })),
              },
            ]}
            value={on}
            onChange={(value) => {
              setOn(value);
              setRole(null);
            }}
            allowDeselect={false}
            searchable
            required
            withAsterisk={false}
          />
          <Select
            label="Role"
            placeholder="Which"
            data={known?.map((one) => one.role) ?? []}
            value={role}
            onChange={setRole}
            required
            withAsterisk={false}
          />
          {give.isError && <ProblemNote error={give.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button
              type="submit"
              loading={give.isPending}
              disabled={to === null || on === null || role === null}
            >
              Give it
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
