// Who holds which role, in the organisation and on single connections; and what each role may do.
import { ActionIcon, Badge, Button, Group, Skeleton, Text } from '@mantine/core';
import { IconPlus, IconShieldLock, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Resource } from '../api/client.ts';
import { connectionsQuery, meQuery } from '../api/queries.ts';
import { Empty } from '../elements/empty.tsx';
import { Panel } from '../elements/panel.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { assignmentsQuery, rolesQuery, takeRole } from './access-requests.ts';
import { Confirm } from './confirm.tsx';
import { GiveRole } from './give-role.tsx';
import { useHolders } from './holders.ts';
import { MayNotSee, OwnersOnly, useMay } from './permissions.tsx';
import { RoleTable } from './role-table.tsx';
import classes from './settings.module.css';

type Assignment = Resource<'RoleAssignment'>;

const KINDS: Readonly<Record<Assignment['principal_type'], string>> = {
  user: 'Person',
  group: 'Group',
  service: 'API key',
};

/** Roles on a connection that let one see and give roles on it. */
const GRANTING = ['Owner', 'IdentityAccessManager'];

export function RolesSection() {
  const may = useMay();
  const { data: me } = useQuery(meQuery);
  const roles = useQuery(rolesQuery);
  const somewhere =
    me?.connection_roles.some((on) => on.roles.some((role) => GRANTING.includes(role))) ?? false;
  return (
    <>
      {may('role.read') || somewhere ? (
        <Assignments mayChange={may('role.write') || somewhere} />
      ) : (
        <MayNotSee what="who holds which role" permission="role.read" />
      )}
      {roles.isError && <ProblemNote error={roles.error} onRetry={() => void roles.refetch()} />}
      {roles.data && (
        <>
          <Panel title="What a role in the organisation may do" flush>
            <RoleTable
              label="What a role in the organisation may do"
              roles={roles.data.organisation}
              everybody={roles.data.everybody}
            />
          </Panel>
          <Panel title="What a role on one connection may do" flush>
            <RoleTable label="What a role on one connection may do" roles={roles.data.connection} />
          </Panel>
        </>
      )}
    </>
  );
}

function Assignments({ mayChange }: { mayChange: boolean }) {
  const assignments = useQuery(assignmentsQuery);
  const { data: connections } = useQuery(connectionsQuery);
  const { nameOf } = useHolders();
  const [giving, setGiving] = useState(false);
  const [taking, setTaking] = useState<Assignment | null>(null);
  const where = ({ connection_id: id }: Assignment) =>
    id === null
      ? 'the organisation'
      : (connections?.find((one) => one.id === id)?.connection_name ?? `connection ${id}`);
  const give = mayChange && (
    <Button size="compact-md" leftSection={<IconPlus size={16} />} onClick={() => setGiving(true)}>
      Give a role
    </Button>
  );
  return (
    <>
      <Panel title="Who holds which role" beside={give} flush>
        {assignments.isPending && <Skeleton height={120} m="md" w="auto" />}
        {assignments.isError && (
          <ProblemNote error={assignments.error} onRetry={() => void assignments.refetch()} />
        )}
        {assignments.data?.length === 0 && (
          <Empty icon={IconShieldLock} title="Nobody holds a role" action={give}>
            Roles may also come with tokens of your identity provider, and are not listed then.
          </Empty>
        )}
        {assignments.data?.map((one) => {
          const name = nameOf(one.principal_type, one.principal_id);
          return (
            <div key={one.id} className={classes.row}>
              <div className={classes.name}>
                <Text size="sm" fw={550}>
                  {name}
                </Text>
                <Text size="xs" c="dimmed">
                  {KINDS[one.principal_type]} · on {where(one)}
                </Text>
              </div>
              <Badge
                variant={one.connection_id === null ? 'light' : 'outline'}
                tt="none"
                fw={550}
                radius="sm"
              >
                {one.role}
              </Badge>
              {mayChange && (
                <ActionIcon
                  aria-label={`Take ${one.role} on ${where(one)} from ${name}`}
                  onClick={() => setTaking(one)}
                >
                  <IconX size={16} />
                </ActionIcon>
              )}
            </div>
          );
        })}
      </Panel>
      {!mayChange && <OwnersOnly>Giving and taking roles</OwnersOnly>}
      {giving && <GiveRole onClose={() => setGiving(false)} />}
      {taking && (
        <Confirm
          title={`Take ${taking.role} away?`}
          action="Take it away"
          onConfirm={() => takeRole(taking.id)}
          onClose={() => setTaking(null)}
        >
          <Group gap={4}>
            {nameOf(taking.principal_type, taking.principal_id)} has it on {where(taking)}. It ends with the
            next request.
          </Group>
        </Confirm>
      )}
    </>
  );
}
