// Making an account with a password.
import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ProblemNote } from '../elements/problem-note.tsx';
import { type Proof, signUp } from './door.ts';

/** The API refuses shorter ones; see api/auth/sign-in.ts. */
export const PASSWORD_CHARS_MIN = 12;

export function NewAccountForm({
  email: given,
  proof,
  action = 'Make the account',
  onDone,
}: {
  /** Whose it must be. */
  email?: string;
  proof: Proof;
  action?: string;
  /** The session has begun. */
  onDone(): unknown;
}) {
  const [values, setValues] = useState({ name: '', email: given ?? '', password: '' });
  const set = (change: Partial<typeof values>) => setValues({ ...values, ...change });
  const make = useMutation({
    mutationFn: async () => {
      const { name, email, password } = values;
      await signUp({ name: name.trim(), email: email.trim(), password }, proof);
      await onDone();
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    make.mutate();
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Your name"
          value={values.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
          autoComplete="name"
          maxLength={200}
          autoFocus
          required
          withAsterisk={false}
        />
        <TextInput
          label="Email"
          type="email"
          value={values.email}
          onChange={(event) => set({ email: event.currentTarget.value })}
          autoComplete="username"
          readOnly={given !== undefined}
          required
          withAsterisk={false}
        />
        <PasswordInput
          label="Password"
          description={`${PASSWORD_CHARS_MIN} characters or more; a sentence is good.`}
          value={values.password}
          onChange={(event) => set({ password: event.currentTarget.value })}
          autoComplete="new-password"
          minLength={PASSWORD_CHARS_MIN}
          required
          withAsterisk={false}
        />
        {make.isError && <ProblemNote error={make.error} />}
        <Button type="submit" loading={make.isPending} fullWidth>
          {action}
        </Button>
      </Stack>
    </form>
  );
}
