// Making an organisation: its name, and a short one that addresses and command lines use.
import { Button, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ProblemNote } from '../elements/problem-note.tsx';
import { createOrganisation, type Organisation, type Proof } from './door.ts';
import { slugOf } from './slug.ts';

export function OrganisationForm({ proof, onDone }: { proof: Proof; onDone(made: Organisation): void }) {
  const [name, setName] = useState('');
  /** Null while it follows the name. */
  const [slug, setSlug] = useState<string | null>(null);
  const shown = slug ?? slugOf(name);
  const make = useMutation({
    mutationFn: () => createOrganisation({ name: name.trim(), slug: shown }, proof),
    onSuccess: onDone,
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    make.mutate();
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Name of the organisation"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          autoComplete="organization"
          maxLength={200}
          autoFocus
          required
          withAsterisk={false}
        />
        <TextInput
          label="Short name"
          description="Lower-case letters, digits and dashes. It stays as it is."
          value={shown}
          onChange={(event) => setSlug(event.currentTarget.value)}
          maxLength={63}
          pattern="[a-z0-9]([a-z0-9\-]*[a-z0-9])?"
          autoComplete="off"
          spellCheck={false}
          required
          withAsterisk={false}
        />
        {make.isError && <ProblemNote error={make.error} />}
        <Button type="submit" loading={make.isPending || make.isSuccess} fullWidth>
          Make the organisation
        </Button>
      </Stack>
    </form>
  );
}
