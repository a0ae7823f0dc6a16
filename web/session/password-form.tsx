// Signing in by password.
import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ProblemNote } from '../elements/problem-note.tsx';
import { signIn } from './door.ts';

export function PasswordForm({
  email: given,
  action = 'Sign in',
  onDone,
}: {
  /** Whose it must be. */
  email?: string;
  action?: string;
  onDone(): unknown;
}) {
  const [email, setEmail] = useState(given ?? '');
  const [password, setPassword] = useState('');
  const enter = useMutation({
    mutationFn: async () => {
      await signIn({ email: email.trim(), password });
      await onDone();
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    enter.mutate();
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Email"
          type="email"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          autoComplete="username"
          readOnly={given !== undefined}
          autoFocus={given === undefined}
          required
          withAsterisk={false}
        />
        <PasswordInput
          label="Password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          autoComplete="current-password"
          autoFocus={given !== undefined}
          required
          withAsterisk={false}
        />
        {enter.isError && <ProblemNote error={enter.error} />}
        <Button type="submit" loading={enter.isPending} fullWidth>
          {action}
        </Button>
        <Text size="xs" c="dimmed">
          Forgotten? Whoever runs Pawl gives you another: <code>pawl users reset-password</code>.
        </Text>
      </Stack>
    </form>
  );
}
