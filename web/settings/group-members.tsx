// Who is in a group: people, and other groups.
import { ActionIcon, Button, Group, Select, Skeleton, Stack, Text } from '@mantine/core';
import { IconUser, IconUsersGroup, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Resource } from '../api/client.ts';
import { ProblemNote } from '../elements/problem-note.tsx';
import { addToGroup, groupMembersQuery, takeFromGroup } from './access-requests.ts';
import { useHolders } from './holders.ts';
import { useChange } from './use-change.ts';

export function GroupMembers({ group, mayChange }: { group: Resource<'Group'>; mayChange: boolean }) {
  const members = useQuery(groupMembersQuery(group.id));
  const { nameOf } = useHolders();
  const remove = useChange((id: string) => takeFromGroup(group.id, id));
  return (
    <Stack gap="xs" px="md" pb="md" pl={40}>
      {members.isPending && <Skeleton height={28} />}
      {members.isError && <ProblemNote error={members.error} />}
      {members.data?.length === 0 && (
        <Text size="sm" c="dimmed">
          Nobody is in it yet.
        </Text>
      )}
      {members.data?.map(({ id, member_type: type, member_id: memberId }) => (
        <Group key={id} gap={8} wrap="nowrap">
          {type === 'user' ? (
            <IconUser size={16} aria-label="Person" style={{ flex: 'none' }} />
          ) : (
            <IconUsersGroup size={16} aria-label="Group" style={{ flex: 'none' }} />
          )}
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {nameOf(type, memberId)}
          </Text>
          {mayChange && (
            <ActionIcon
              size="sm"
              aria-label={`Take ${nameOf(type, memberId)} out of ${group.name}`}
              loading={remove.isPending && remove.variables === id}
              onClick={() => remove.mutate(id)}
            >
              <IconX size={14} />
            </ActionIcon>
          )}
        </Group>
      ))}
      {remove.isError && <ProblemNote error={remove.error} />}
      {mayChange && <AddMember group={group} present={members.data ?? []} />}
    </Stack>
  );
}

function AddMember({
  group,
  present,
}: {
  group: Resource<'Group'>;
  present: readonly Resource<'GroupMember'>[];
}) {
  const { all } = useHolders();
  const [chosen, setChosen] = useState<string | null>(null);
  const add = useChange(
    (value: string) => {
      const [type = '', id = ''] = value.split(' ');
      return addToGroup(group.id, { member_type: type as 'user' | 'group', member_id: id });
    },
    () => setChosen(null),
  );
  const others = all.filter(
    ({ type, id }) =>
      type !== 'service' &&
      id !== group.id &&
      !present.some((one) => one.member_type === type && one.member_id === id),
  );
  const optionsOf = (wanted: string) =>
    others
      .filter(({ type }) => type === wanted)
      .map(({ type, id, name }) => ({ value: `${type} ${id}`, label: name }));
  return (
    <>
      <Group gap="xs" align="flex-end">
        <Select
          label={`Add to ${group.name}`}
          placeholder={others.length === 0 ? 'Everybody is in it' : 'A person or a group'}
          data={[
            { group: 'People', items: optionsOf('user') },
            { group: 'Groups', items: optionsOf('group') },
          ]}
          value={chosen}
          onChange={setChosen}
          disabled={others.length === 0}
          searchable
          size="xs"
          flex={1}
          maw={340}
        />
        <Button
          size="xs"
          variant="default"
          disabled={chosen === null}
          loading={add.isPending}
          onClick={() => chosen !== null && add.mutate(chosen)}
        >
          Add
        </Button>
      </Group>
      {add.isError && <ProblemNote error={add.error} />}
    </>
  );
}
