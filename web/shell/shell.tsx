// The frame around every page: where one can go, whose data it is, and how it looks.
import { ActionIcon, AppShell, Burger, Group, Stack, Text, Tooltip } from '@mantine/core';
import { useDisclosure, useMediaQuery } from '@mantine/hooks';
import { IconKeyboard } from '@tabler/icons-react';
import { Link, useLocation, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useEffect, useMemo } from 'react';
import type { Resource } from '../api/client.ts';
import { Mark } from './mark.tsx';
import { PLACES } from './navigation.ts';
import classes from './shell.module.css';
import { listenForShortcuts, type Shortcut, useShortcuts } from './shortcuts.ts';
import { ShortcutsHelp } from './shortcuts-help.tsx';
import { TenantMenu } from './tenant-menu.tsx';
import { ThemeSwitch } from './theme-switch.tsx';

export function Shell({ me, children }: { me: Resource<'Me'>; children: ReactNode }) {
  const [menuOpen, menu] = useDisclosure();
  const [helpOpen, help] = useDisclosure();
  // There the menu lies over the page: only one of them can be used at a time, by the keyboard too.
  const small = useMediaQuery('(max-width: 48em)') ?? false;
  const { pathname } = useLocation();
  const navigate = useNavigate();

  const shortcuts = useMemo<Shortcut[]>(
    () => [
      ...PLACES.flatMap(({ places }) =>
        places.map(({ to, label, keys }) => ({
          keys,
          label: `Go to ${label}`,
          run: () => void navigate({ to }),
        })),
      ),
      { keys: ['?'], label: 'Show these shortcuts', run: help.open },
    ],
    [navigate, help.open],
  );
  useShortcuts(shortcuts);
  useEffect(listenForShortcuts, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu of small screens closes when a page opens
  useEffect(() => menu.close(), [pathname]);

  return (
    <AppShell
      layout="alt"
      navbar={{ width: 236, breakpoint: 'sm', collapsed: { mobile: !menuOpen } }}
      header={{ height: { base: 52, sm: 0 } }}
    >
      <a className={classes.skip} href="#content">
        Skip to the page
      </a>
      <AppShell.Header className={classes.header} hiddenFrom="sm">
        <Group h="100%" px="md" gap="sm">
          <Burger opened={menuOpen} onClick={menu.toggle} size="sm" aria-label="Menu" />
          <Mark size={22} />
          <Text fw={620}>Pawl</Text>
          <Text size="sm" c="dimmed" ml="auto" truncate>
            {me.tenant.name}
          </Text>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar
        className={classes.navbar}
        p="sm"
        inert={small && !menuOpen}
        onKeyDown={(event) => event.key === 'Escape' && menu.close()}
      >
        <Group gap={10} px={6} pt={4} pb={6} justify="space-between">
          <Group gap={10}>
            <Mark />
            <Text fw={650} size="lg" style={{ letterSpacing: '-0.02em' }}>
              Pawl
            </Text>
          </Group>
          <Burger
            opened={menuOpen}
            onClick={menu.toggle}
            size="sm"
            hiddenFrom="sm"
            aria-label="Close the menu"
          />
        </Group>
        <nav aria-label="Pages">
          {PLACES.map(({ heading, places }) => (
            <div key={heading}>
              <div className={classes.heading}>{heading}</div>
              <Stack gap={2}>
                {places.map(({ to, label, icon: Icon }) => (
                  <Link key={to} to={to} className={classes.place}>
                    <Icon size={18} stroke={1.7} aria-hidden />
                    {label}
                  </Link>
                ))}
              </Stack>
            </div>
          ))}
        </nav>
        <Stack mt="auto" gap="xs">
          <Group gap={4} justify="space-between" px={4}>
            <ThemeSwitch />
            <Tooltip label="Keyboard shortcuts (?)">
              <ActionIcon onClick={help.open} aria-label="Keyboard shortcuts">
                <IconKeyboard size={18} stroke={1.7} />
              </ActionIcon>
            </Tooltip>
          </Group>
          <TenantMenu me={me} />
        </Stack>
      </AppShell.Navbar>
      <AppShell.Main className={classes.main} inert={small && menuOpen}>
        <div id="content" tabIndex={-1} className={classes.content} style={{ outline: 'none' }}>
          {children}
        </div>
      </AppShell.Main>
      <ShortcutsHelp opened={helpOpen} onClose={help.close} />
    </AppShell>
  );
}
