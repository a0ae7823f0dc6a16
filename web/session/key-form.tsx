// Signing in with an API key. Checked before it is kept, so that a wrong one is told here and not on the next page.
import { Button, PasswordInput, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ApiProblem, asProblem, unreachable } from '../api/problem.ts';
import { ProblemNote } from '../elements/problem-note.tsx';
import { session } from './session.ts';

export function KeyForm() {
  const [key, setKey] = useState('');
  const signIn = useMutation({ mutationFn: checkKey, onSuccess: (valid) => session.signIn(valid) });

  function submit(event: FormEvent) {
    event.preventDefault();
    signIn.mutate(key.trim());
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        <PasswordInput
          label="API key"
          placeholder="pawl_…"
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
          autoComplete="off"
          autoFocus
          required
          withAsterisk={false}
        />
        {signIn.isError && <ProblemNote error={asProblem(signIn.error)} />}
        <Button type="submit" loading={signIn.isPending} disabled={key.trim() === ''} fullWidth>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}

async function checkKey(key: string): Promise<string> {
  const response = await fetch('/api/v1/me', {
    headers: { Authorization: `Bearer ${key}` },
    // The cookie of somebody else must not speak for it.
    credentials: 'omit',
  }).catch((error) => {
    throw unreachable(error);
  });
  if (!response.ok) throw new ApiProblem(await response.json().catch(() => ({})), response.status);
  return key;
}
