// Signing in: by password, at an identity provider, or with an API key; or making an account where anybody may.
import { Anchor, Button, Code, Divider, Loader, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ProblemNote } from '../elements/problem-note.tsx';
import { refusedAtProvider, signInAtProvider, type Ways, waysQuery } from './door.ts';
import { Front } from './front.tsx';
import { KeyForm } from './key-form.tsx';
import { NewAccountForm } from './new-account-form.tsx';
import { PasswordForm } from './password-form.tsx';
import { session } from './session.ts';

type Way = 'password' | 'account' | 'key';

export function SignIn() {
  const ways = useQuery(waysQuery);
  const [chosen, choose] = useState<Way | null>(null);
  if (ways.isPending) {
    return (
      <Front title="Sign in to Pawl">
        <Loader size="sm" mx="auto" display="block" aria-label="Looking how one signs in" />
      </Front>
    );
  }
  // An API key is always a way; where the server cannot be asked, signing in will say so.
  const {
    sessions = false,
    oidc = false,
    sign_up: signUp = 'invited',
    is_new: isNew = false,
  } = ways.data ?? {};
  const first: Way = sessions ? (isNew && signUp === 'open' ? 'account' : 'password') : 'key';
  const way = chosen ?? first;
  const others: [Way, string][] = [
    ['password', 'Use a password'],
    ['account', isNew ? 'Make the first account' : 'Make an account'],
    ['key', 'Use an API key'],
  ];
  const offered = others.filter(
    ([name]) => name !== way && (name === 'key' || (sessions && (name !== 'account' || signUp === 'open'))),
  );
  return (
    <Front
      title={way === 'account' ? 'Make an account' : 'Sign in to Pawl'}
      about={aboutIt(way, isNew, signUp)}
      below={
        <>
          {offered.map(([name, label], i) => (
            <span key={name}>
              {i > 0 && ' · '}
              <Anchor
                component="button"
                type="button"
                underline="always"
                inherit
                onClick={() => choose(name)}
              >
                {label}
              </Anchor>
            </span>
          ))}
          {way === 'key' && (
            <Text size="sm" mt="sm">
              Kept in this tab only; closing it signs you out. On a development machine,{' '}
              <Code>npm start</Code> prints a link that signs you in.{' '}
              <Anchor href="/docs" underline="always" inherit>
                API reference
              </Anchor>
            </Text>
          )}
        </>
      }
    >
      <Stack>
        <Ended />
        {way === 'password' && <PasswordForm onDone={() => session.hasCookie(true)} />}
        {way === 'account' && <NewAccountForm proof={{}} onDone={() => session.hasCookie(true)} />}
        {way === 'key' && <KeyForm />}
        {oidc && way !== 'key' && <AtProvider path={window.location.pathname + window.location.search} />}
      </Stack>
    </Front>
  );
}

function aboutIt(way: Way, isNew: boolean, signUp: Ways['sign_up']) {
  if (signUp === 'setup' && way === 'password') {
    return 'Nobody has an account here yet. The first is made at the address that the API wrote into its log when it started: look for /setup#token=…';
  }
  if (way === 'account' && isNew) return 'Nobody has one here yet. Then you name your organisation.';
  return undefined;
}

/** Why somebody who was in is here again. */
function Ended() {
  const was = session.wasRefused();
  if (was === null) return null;
  return (
    <Text size="sm" role="status">
      {was === 'key'
        ? 'Your key is not accepted any more: it was revoked, or has expired. Sign in with another one.'
        : 'Your session has ended, or was ended. Sign in again; the page you were on is kept.'}
    </Text>
  );
}

export function AtProvider({ path, onGo }: { path: string; onGo?(): void }) {
  const go = useMutation({
    mutationFn: () => {
      onGo?.();
      return signInAtProvider(path);
    },
  });
  return (
    <>
      <Divider label="or" />
      {go.isError && <ProblemNote error={go.error} />}
      {refusedAtProvider !== null && !go.isError && (
        <Text size="sm" role="status">
          Single sign-on did not let you in (<Code>{refusedAtProvider}</Code>). Try again, or ask whoever runs
          Pawl.
        </Text>
      )}
      <Button variant="default" fullWidth loading={go.isPending || go.isSuccess} onClick={() => go.mutate()}>
        Continue with single sign-on
      </Button>
    </>
  );
}
