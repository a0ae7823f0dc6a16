// Inviting somebody: an address, roles, and then the link, which is shown this once.
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { Resource } from '../api/client.ts';
import { ProblemNote } from '../elements/problem-note.tsx';
import { invite } from './access-requests.ts';
import { Dialog } from './dialog.tsx';
import { type OrganisationRole, RoleChoice } from './role-choice.tsx';
import { ShownOnce } from './shown-once.tsx';
import { useChange } from './use-change.ts';

/** Open while it is rendered. */
export function InviteMember({ onClose }: { onClose(): void }) {
  const [made, setMade] = useState<Resource<'CreatedInvitation'> | null>(null);
  return (
    <Dialog
      onClose={onClose}
      title={made ? `The invitation of ${made.email}` : 'Invite somebody'}
      // A click beside it must not lose what is shown this once.
      closeOnClickOutside={made === null}
    >
      {made ? (
        <ShownOnce
          label="Link"
          text={`${window.location.origin}/invitation#token=${made.token}`}
          onDone={onClose}
        >
          Send this link to {made.email}: Pawl sends no mail. It works once, for a week, and for that address
          alone. It is not shown again.
        </ShownOnce>
      ) : (
        <Form onMade={setMade} onClose={onClose} />
      )}
    </Dialog>
  );
}

function Form({ onMade, onClose }: { onMade(made: Resource<'CreatedInvitation'>): void; onClose(): void }) {
  const [email, setEmail] = useState('');
  const [roles, setRoles] = useState<OrganisationRole[]>(['Reader']);
  const send = useChange(() => invite(email.trim(), roles), onMade);

  function submit(event: FormEvent) {
    event.preventDefault();
    send.mutate(undefined);
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Email"
          type="email"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
          required
          withAsterisk={false}
        />
        <RoleChoice value={roles} onChange={setRoles} />
        {roles.length === 0 && (
          <Text size="xs" c="dimmed">
            Without a role they see nothing, until a group or an Owner gives them one.
          </Text>
        )}
        {send.isError && <ProblemNote error={send.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={send.isPending}>
            Make the link
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
