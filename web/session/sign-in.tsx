// Signing in with an API key. Checked before it is kept, so that a wrong one is told here and not on the next page.
import { Anchor, Box, Button, Code, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ApiProblem, asProblem, unreachable } from '../api/problem.ts';
import { ProblemNote } from '../elements/problem-note.tsx';
import { Mark } from '../shell/mark.tsx';
import { session } from './session.ts';

export function SignIn() {
  const [key, setKey] = useState('');
  const signIn = useMutation({ mutationFn: checkKey, onSuccess: (valid) => session.signIn(valid) });

  function submit(event: FormEvent) {
    event.preventDefault();
    signIn.mutate(key.trim());
  }

  return (
    <Box component="main" mih="100vh" px="md" pt="14vh" pb="xl">
      <Stack maw={400} mx="auto" gap="lg">
        <Stack gap={10} align="center">
          <Mark size={44} />
          <Title order={1} size="h2">
            Sign in to Pawl
          </Title>
        </Stack>
        <Paper p="xl" radius="lg" shadow="sm">
          <form onSubmit={submit}>
            <Stack>
              <PasswordInput
                label="API key"
                placeholder="pawl_…"
                value={key}
                onChange={(event) => setKey(event.currentTarget.value)}
                autoComplete="current-password"
                data-autofocus
                autoFocus
                required
                withAsterisk={false}
              />
              {session.wasRefused() && !signIn.isError && (
                <Text size="sm" role="status">
                  Your key is not accepted any more: it was revoked, or has expired. Sign in with another one.
                </Text>
              )}
              {signIn.isError && <ProblemNote error={asProblem(signIn.error)} />}
              <Button type="submit" loading={signIn.isPending} disabled={key.trim() === ''} fullWidth>
                Sign in
              </Button>
            </Stack>
          </form>
        </Paper>
        <Text size="sm" c="dimmed" ta="center">
          Kept in this tab only; closing it signs you out. On a development machine, <Code>npm start</Code>{' '}
          prints a link that signs you in.{' '}
          <Anchor href="/docs" underline="always" inherit>
            API reference
          </Anchor>
        </Text>
      </Stack>
    </Box>
  );
}

async function checkKey(key: string): Promise<string> {
  const response = await fetch('/api/v1/me', { headers: { Authorization: `Bearer ${key}` } }).catch(
    (error) => {
      throw unreachable(error);
    },
  );
  if (!response.ok) throw new ApiProblem(await response.json().catch(() => ({})), response.status);
  return key;
}
