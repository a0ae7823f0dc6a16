// Groups: who is in them, and the roles they bring.
import { ActionIcon, Button, Collapse, Group, Menu, Skeleton, Text, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronRight, IconDots, IconPlus, IconUsersGroup } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Resource } from '../api/client.ts';
import { Empty } from '../elements/empty.tsx';
import { Panel } from '../elements/panel.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { assignmentsQuery, createGroup, groupsQuery, removeGroup, renameGroup } from './access-requests.ts';
import { ChangeRoles } from './change-roles.tsx';
import { Confirm } from './confirm.tsx';
import { GroupMembers } from './group-members.tsx';
import { NameDialog } from './name-dialog.tsx';
import { MayNotSee, OwnersOnly, useMay } from './permissions.tsx';
import { Roles } from './role-choice.tsx';
import classes from './settings.module.css';

type GroupOf = Resource<'Group'>;
type Doing = 'making' | { what: 'roles' | 'name' | 'remove'; group: GroupOf } | null;

export function GroupsSection() {
  const may = useMay();
  if (!may('group.read')) return <MayNotSee what="the groups" permission="group.read" />;
  return <Groups mayChange={may('group.write')} mayGrant={may('role.write')} />;
}

function Groups({ mayChange, mayGrant }: { mayChange: boolean; mayGrant: boolean }) {
  const groups = useQuery(groupsQuery);
  const { data: assignments } = useQuery(assignmentsQuery);
  const [doing, setDoing] = useState<Doing>(null);
  const rolesOf = ({ id }: GroupOf) =>
    (assignments ?? [])
      .filter(
        (one) => one.principal_type === 'group' && one.principal_id === id && one.connection_id === null,
      )
      .map(({ role }) => role);
  const make = mayChange && (
    <Button size="compact-md" leftSection={<IconPlus size={16} />} onClick={() => setDoing('making')}>
      New group
    </Button>
  );
  return (
    <>
      <Panel title="Groups" beside={groups.data?.length !== 0 && make} flush>
        {groups.isPending && <Skeleton height={120} m="md" w="auto" />}
        {groups.isError && <ProblemNote error={groups.error} onRetry={() => void groups.refetch()} />}
        {groups.data?.length === 0 && (
          <Empty icon={IconUsersGroup} title="No groups yet" action={make}>
            A group gives its roles to everybody in it, and in the groups in it. Make one for a team.
          </Empty>
        )}
        {groups.data?.map((group) => (
          <GroupRow
            key={group.id}
            group={group}
            roles={rolesOf(group)}
            mayChange={mayChange}
            mayGrant={mayGrant}
            onDo={(what) => setDoing({ what, group })}
          />
        ))}
      </Panel>
      {!mayChange && <OwnersOnly>Changing groups</OwnersOnly>}
      <Dialog doing={doing} onClose={() => setDoing(null)} />
    </>
  );
}

function GroupRow({
  group,
  roles,
  mayChange,
  mayGrant,
  onDo,
}: {
  group: GroupOf;
  roles: readonly string[];
  mayChange: boolean;
  mayGrant: boolean;
  onDo(what: 'roles' | 'name' | 'remove'): void;
}) {
  const [open, { toggle }] = useDisclosure();
  return (
    <div style={{ borderBottom: '1px solid var(--pawl-line)' }}>
      <div className={classes.row}>
        <UnstyledButton className={classes.name} onClick={toggle} aria-expanded={open}>
          <Group gap={8} wrap="nowrap">
            <IconChevronRight
              size={16}
              aria-hidden
              style={{ flex: 'none', transform: open ? 'rotate(90deg)' : undefined }}
            />
            <Text size="sm" fw={550}>
              {group.name}
            </Text>
          </Group>
        </UnstyledButton>
        <Group gap={6}>
          <Roles roles={roles} />
        </Group>
        {(mayChange || mayGrant) && (
          <Menu position="bottom-end" withinPortal>
            <Menu.Target>
              <ActionIcon aria-label={`More for ${group.name}`}>
                <IconDots size={18} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {mayGrant && <Menu.Item onClick={() => onDo('roles')}>Change roles</Menu.Item>}
              {mayChange && <Menu.Item onClick={() => onDo('name')}>Rename</Menu.Item>}
              {mayChange && (
                <Menu.Item color="red" onClick={() => onDo('remove')}>
                  Delete
                </Menu.Item>
              )}
            </Menu.Dropdown>
          </Menu>
        )}
      </div>
      <Collapse in={open}>{open && <GroupMembers group={group} mayChange={mayChange} />}</Collapse>
    </div>
  );
}

function Dialog({ doing, onClose }: { doing: Doing; onClose(): void }) {
  if (doing === null) return null;
  if (doing === 'making') {
    return <NameDialog title="New group" action="Make the group" onSubmit={createGroup} onClose={onClose} />;
  }
  const { what, group } = doing;
  if (what === 'roles') return <ChangeRoles holder={{ type: 'group', ...group }} onClose={onClose} />;
  if (what === 'name') {
    return (
      <NameDialog
        title={`Rename ${group.name}`}
        action="Rename"
        name={group.name}
        onSubmit={(name) => renameGroup(group.id, name)}
        onClose={onClose}
      />
    );
  }
  return (
    <Confirm
      title={`Delete ${group.name}?`}
      action="Delete"
      onConfirm={() => removeGroup(group.id)}
      onClose={onClose}
    >
      Whoever is in it loses the roles it brings, at once. The people stay.
    </Confirm>
  );
}
