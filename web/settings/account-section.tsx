// What is one's own: sessions, the password, and how the pages look.
import { Badge, Button, Group, PasswordInput, Skeleton, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { meQuery } from '../api/queries.ts';
import { Moment } from '../elements/moment.tsx';
import { Panel } from '../elements/panel.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import {
  accountQuery,
  changePassword,
  revokeOtherSessions,
  revokeSession,
  type SessionOfMine,
  sessionsQuery,
} from '../session/door.ts';
import { PASSWORD_CHARS_MIN } from '../session/new-account-form.tsx';
import { session } from '../session/session.ts';
import { ThemeSwitch } from '../shell/theme-switch.tsx';
import { deviceOf } from './device.ts';
import { Roles } from './role-choice.tsx';
import classes from './settings.module.css';

export function AccountSection() {
  const { data: me } = useQuery(meQuery);
  const bySession = session.by() === 'cookie';
  if (!me) return null;
  const { name, email, kind, actor } = me.principal;
  return (
    <>
      <Panel title="You">
        <dl className={classes.facts}>
          <dt>Name</dt>
          <dd>{name ?? (kind === 'service' ? 'An API key' : me.principal.id)}</dd>
          {email !== undefined && (
            <>
              <dt>Email</dt>
              <dd>{email}</dd>
            </>
          )}
          <dt>In the audit</dt>
          <dd>
            <code>{actor}</code>
          </dd>
          <dt>Roles</dt>
          <dd>
            <Group gap={6}>
              <Roles roles={me.roles} />
            </Group>
          </dd>
        </dl>
      </Panel>
      <Panel title="Colours">
        <Group gap="md">
          <ThemeSwitch />
          <Text size="sm" c="dimmed">
            Kept in this browser.
          </Text>
        </Group>
      </Panel>
      {bySession ? (
        <>
          <Sessions />
          <Password />
        </>
      ) : (
        <Text size="sm" c="dimmed">
          You are signed in with an API key, which has neither a password nor sessions.
        </Text>
      )}
    </>
  );
}

function Sessions() {
  const queries = useQueryClient();
  const sessions = useQuery(sessionsQuery);
  const { data: account } = useQuery(accountQuery);
  const again = () => queries.invalidateQueries({ queryKey: sessionsQuery.queryKey });
  const end = useMutation({ mutationFn: revokeSession, onSuccess: again });
  const endOthers = useMutation({ mutationFn: revokeOtherSessions, onSuccess: again });
  const failed = sessions.error ?? end.error ?? endOthers.error;
  const isThis = ({ id }: SessionOfMine) => id === account?.session.id;
  // This one first, then by when they were used.
  const shown = [...(sessions.data ?? [])].sort(
    (a, b) => Number(isThis(b)) - Number(isThis(a)) || b.updatedAt.localeCompare(a.updatedAt),
  );
  return (
    <Panel
      title="Your sessions"
      beside={
        shown.length > 1 && (
          <Button
            size="compact-sm"
            variant="default"
            loading={endOthers.isPending}
            onClick={() => endOthers.mutate()}
          >
            End all others
          </Button>
        )
      }
      flush
    >
      {failed && <ProblemNote error={failed} />}
      {sessions.isPending && <Skeleton height={80} m="md" w="auto" />}
      {shown.map((one) => (
        <div key={one.id} className={classes.row}>
          <div className={classes.name}>
            <Text size="sm" fw={550}>
              {deviceOf(one.userAgent)}
            </Text>
            <Text size="xs" c="dimmed">
              {one.ipAddress !== null && one.ipAddress !== '' && `${one.ipAddress} · `}
              since <Moment at={one.createdAt} />
            </Text>
          </div>
          {isThis(one) ? (
            <Badge variant="light" tt="none" radius="sm">
              This one
            </Badge>
          ) : (
            <Button
              size="compact-sm"
              variant="default"
              loading={end.isPending && end.variables === one.token}
              onClick={() => end.mutate(one.token)}
            >
              End
            </Button>
          )}
        </div>
      ))}
    </Panel>
  );
}

function Password() {
  const queries = useQueryClient();
  const nothing = { currentPassword: '', newPassword: '' };
  const [values, setValues] = useState(nothing);
  const change = useMutation({
    mutationFn: changePassword,
    onSuccess: async () => {
      setValues(nothing);
      notifications.show({ message: 'The password is changed, and your other sessions have ended.' });
      // The session has another cookie since.
      await Promise.all(
        [sessionsQuery, accountQuery].map(({ queryKey }) => queries.invalidateQueries({ queryKey })),
      );
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    change.mutate(values);
  }

  return (
    <Panel title="Password">
      <form onSubmit={submit}>
        <Stack maw={380}>
          <PasswordInput
            label="Current password"
            value={values.currentPassword}
            onChange={(event) => setValues({ ...values, currentPassword: event.currentTarget.value })}
            autoComplete="current-password"
            required
            withAsterisk={false}
          />
          <PasswordInput
            label="New password"
            description={`${PASSWORD_CHARS_MIN} characters or more. Your other sessions end.`}
            value={values.newPassword}
            onChange={(event) => setValues({ ...values, newPassword: event.currentTarget.value })}
            autoComplete="new-password"
            minLength={PASSWORD_CHARS_MIN}
            required
            withAsterisk={false}
          />
          {change.isError && <ProblemNote error={change.error} />}
          <Group>
            <Button type="submit" variant="default" loading={change.isPending}>
              Change the password
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
