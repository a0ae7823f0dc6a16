// Whose data is shown and who looks at it; the way to another organisation, to one's own settings, and out.
import { Menu, Text, UnstyledButton } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconBook2, IconBuilding, IconCheck, IconLogout, IconSelector, IconUser } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Resource } from '../api/client.ts';
import { asProblem } from '../api/problem.ts';
import { organisationsQuery } from '../session/door.ts';
import { enterOrganisation } from '../session/enter-organisation.ts';
import { session } from '../session/session.ts';
import classes from './shell.module.css';

export function TenantMenu({ me: { tenant, principal, roles } }: { me: Resource<'Me'> }) {
  const bySession = session.by() === 'cookie';
  const organisations = useQuery({ ...organisationsQuery, enabled: bySession });
  const others = organisations.data ?? [];
  const who = principal.kind === 'service' ? 'API key' : (principal.name ?? principal.id);
  return (
    <Menu position="top-start" width={232} withinPortal>
      <Menu.Target>
        <UnstyledButton className={classes.place} style={{ height: 48 }}>
          <div style={{ minWidth: 0, flex: 1 }}>
            <Text size="sm" fw={550} c="var(--mantine-color-text)" truncate>
              {tenant.name}
            </Text>
            <Text size="xs" c="dimmed" truncate>
              {who}
              {roles.length > 0 && ` · ${roles.join(', ')}`}
            </Text>
          </div>
          <IconSelector size={16} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {others.length > 1 && (
          <>
            <Menu.Label>Organisations</Menu.Label>
            {others.map(({ id, name }) => (
              <Menu.Item
                key={id}
                leftSection={<IconBuilding size={16} />}
                rightSection={id === tenant.id && <IconCheck size={16} aria-label="This one" />}
                onClick={() => id !== tenant.id && void enterOrganisation(id)}
              >
                {name}
              </Menu.Item>
            ))}
            <Menu.Divider />
          </>
        )}
        {bySession && (
          <Menu.Item
            leftSection={<IconUser size={16} />}
            renderRoot={(props) => (
              <Link to="/settings/$section" params={{ section: 'account' }} {...props} />
            )}
          >
            Your account
          </Menu.Item>
        )}
        <Menu.Item component="a" href="/docs" leftSection={<IconBook2 size={16} />}>
          API reference
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={signOut}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function signOut(): void {
  session.signOut().catch((error) => {
    notifications.show({ color: 'red', title: 'You are signed in still', message: asProblem(error).message });
  });
}
