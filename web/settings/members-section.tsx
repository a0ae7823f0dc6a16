// The people of the organisation, and those invited.
import { ActionIcon, Button, Group, Menu, Skeleton, Text } from '@mantine/core';
import { IconDots, IconUserPlus, IconUsers } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Resource } from '../api/client.ts';
import { meQuery } from '../api/queries.ts';
import { Empty } from '../elements/empty.tsx';
import { Moment } from '../elements/moment.tsx';
import { Panel } from '../elements/panel.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { cancelInvitation, invitationsQuery, membersQuery, removeMember } from './access-requests.ts';
import { ChangeRoles } from './change-roles.tsx';
import { Confirm } from './confirm.tsx';
import { InviteMember } from './invite-member.tsx';
import { MayNotSee, OwnersOnly, useMay } from './permissions.tsx';
import { Roles } from './role-choice.tsx';
import classes from './settings.module.css';

type Member = Resource<'Member'>;
type Invitation = Resource<'Invitation'>;
type Doing = 'inviting' | { roles: Member } | { removing: Member } | { revoking: Invitation } | null;

export function MembersSection() {
  const may = useMay();
  if (!may('member.read')) return <MayNotSee what="the members" permission="member.read" />;
  return <Members mayChange={may('member.write')} mayGrant={may('role.write')} />;
}

function Members({ mayChange, mayGrant }: { mayChange: boolean; mayGrant: boolean }) {
  const { data: me } = useQuery(meQuery);
  const members = useQuery(membersQuery);
  const invitations = useQuery(invitationsQuery);
  const [doing, setDoing] = useState<Doing>(null);
  const stop = () => setDoing(null);
  const open = invitations.data?.filter(({ status }) => status === 'pending') ?? [];
  const invite = (
    <Button size="compact-md" leftSection={<IconUserPlus size={16} />} onClick={() => setDoing('inviting')}>
      Invite
    </Button>
  );
  return (
    <>
      <Panel title="Members" beside={mayChange && members.data?.length !== 0 && invite} flush>
        {members.isPending && <Skeleton height={120} m="md" w="auto" />}
        {members.isError && <ProblemNote error={members.error} onRetry={() => void members.refetch()} />}
        {members.data?.length === 0 && (
          <Empty icon={IconUsers} title="No people yet" action={mayChange && invite}>
            Only API keys work for this organisation so far. Invite somebody, yourself for a start: you get a
            link to pass on.
          </Empty>
        )}
        {members.data?.map((member) => (
          <div key={member.id} className={classes.row}>
            <div className={classes.name}>
              <Text size="sm" fw={550}>
                {member.name}
                {member.id === me?.principal.id && (
                  <Text span c="dimmed" size="sm">
                    {' '}
                    (you)
                  </Text>
                )}
              </Text>
              <Text size="xs" c="dimmed">
                {member.email} · joined <Moment at={member.joined_at} />
              </Text>
            </div>
            <Group gap={6}>
              <Roles roles={member.roles} />
            </Group>
            {(mayChange || mayGrant) && (
              <Menu position="bottom-end" withinPortal>
                <Menu.Target>
                  <ActionIcon aria-label={`More for ${member.name}`}>
                    <IconDots size={18} />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  {mayGrant && (
                    <Menu.Item onClick={() => setDoing({ roles: member })}>Change roles</Menu.Item>
                  )}
                  {mayChange && (
                    <Menu.Item color="red" onClick={() => setDoing({ removing: member })}>
                      Remove
                    </Menu.Item>
                  )}
                </Menu.Dropdown>
              </Menu>
            )}
          </div>
        ))}
      </Panel>
      {!mayChange && <OwnersOnly>Inviting and removing people</OwnersOnly>}
      {invitations.isError && <ProblemNote error={invitations.error} />}
      {open.length > 0 && (
        <Panel title="Open invitations" flush>
          {open.map((invitation) => (
            <div key={invitation.id} className={classes.row}>
              <div className={classes.name}>
                <Text size="sm" fw={550}>
                  {invitation.email}
                </Text>
                <Text size="xs" c="dimmed">
                  Expires <Moment at={invitation.expires_at} />
                </Text>
              </div>
              <Group gap={6}>
                <Roles roles={invitation.roles} />
              </Group>
              {mayChange && (
                <Button
                  size="compact-sm"
                  variant="default"
                  onClick={() => setDoing({ revoking: invitation })}
                  aria-label={`Revoke the invitation of ${invitation.email}`}
                >
                  Revoke
                </Button>
              )}
            </div>
          ))}
        </Panel>
      )}
      {doing === 'inviting' && <InviteMember onClose={stop} />}
      {doing !== null && doing !== 'inviting' && <Dialog doing={doing} onClose={stop} />}
    </>
  );
}

function Dialog({ doing, onClose }: { doing: Exclude<Doing, null | 'inviting'>; onClose(): void }) {
  if ('roles' in doing) {
    const { id, name } = doing.roles;
    return <ChangeRoles holder={{ type: 'user', id, name }} onClose={onClose} />;
  }
  if ('removing' in doing) {
    const { id, name } = doing.removing;
    return (
      <Confirm title={`Remove ${name}?`} action="Remove" onConfirm={() => removeMember(id)} onClose={onClose}>
        They lose their roles and groups here at once, in every session. API keys that they made go on: revoke
        those apart. Their account stays, as it may be in other organisations.
      </Confirm>
    );
  }
  const { id, email } = doing.revoking;
  return (
    <Confirm
      title={`Revoke the invitation of ${email}?`}
      action="Revoke"
      onConfirm={() => cancelInvitation(id)}
      onClose={onClose}
    >
      Its link is worth nothing from then on.
    </Confirm>
  );
}
