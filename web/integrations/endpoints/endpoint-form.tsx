// The URL of an endpoint, what it is, and what signs for it. A new one gets a secret, which is shown this once if it signs.
import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Resource } from '../../api/client.ts';
import { asProblem } from '../../api/problem.ts';
import { CopyField } from '../../elements/copy-field.tsx';
import { ButtonLink } from '../../elements/links.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { SecretOnce } from '../../elements/secret-once.tsx';
import { signingKeysQuery } from '../integration-requests.ts';
import { changeEndpoint, createEndpoint } from './endpoint-requests.ts';
import { type SignedBy, SignedByField } from './signed-by.tsx';

interface Props {
  /** Null: a new one. */
  endpoint: Resource<'Endpoint'> | null;
  opened: boolean;
  onClose(): void;
}

export function EndpointForm(props: Props) {
  const title = props.endpoint ? 'Edit the endpoint' : 'New endpoint';
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={title}>
      <Form {...props} />
    </Modal>
  );
}

function Form({ endpoint, onClose }: Props) {
  const [url, setUrl] = useState(endpoint?.url ?? '');
  const [description, setDescription] = useState(endpoint?.description ?? '');
  const [signedBy, setSignedBy] = useState<SignedBy>(endpoint?.signed_by ?? 'secret');
  const [made, setMade] = useState<Resource<'CreatedEndpoint'> | null>(null);
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: async () => {
      const body = { url: url.trim(), description, signed_by: signedBy };
      if (endpoint) await changeEndpoint(endpoint.id, body);
      else setMade(await createEndpoint(body));
    },
    onSuccess: async () => {
      const stale = [['endpoints'], signingKeysQuery.queryKey];
      await Promise.all(stale.map((queryKey) => queries.invalidateQueries({ queryKey })));
      if (endpoint) onClose();
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate();
  }

  if (made !== null) {
    return (
      <Stack>
        {made.signed_by !== 'key' && made.secret !== undefined && (
          <>
            <SecretOnce secret={made.secret} />
            <Text size="sm">
              The receiver checks the header <code>webhook-signature</code> with it. Any library of Standard
              Webhooks does that.
            </Text>
          </>
        )}
        {made.signed_by !== 'secret' && <WhereTheKeysAre />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Done
          </Button>
          <ButtonLink
            to="/admin/integrations/subscriptions/$subscriptionId"
            params={{ subscriptionId: 'new' }}
            search={{}}
          >
            Subscribe it
          </ButtonLink>
        </Group>
      </Stack>
    );
  }
  const problem = save.isError ? asProblem(save.error) : null;
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="URL"
          description="https, on a public address. Every notification is a POST to it."
          placeholder="https://consumer.example.com/pawl"
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
          error={problem?.problems.find(({ pointer }) => pointer === '/url')?.message}
          data-autofocus
        />
        <TextInput
          label="Description"
          placeholder="Who it is, for people"
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        <SignedByField value={signedBy} onChange={setSignedBy} />
        {problem && <ProblemNote error={problem} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending} disabled={url.trim() === ''}>
            {endpoint ? 'Save' : 'Create'}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function WhereTheKeysAre() {
  const { data } = useQuery(signingKeysQuery);
  return (
    <CopyField
      label="Public keys for the receiver (JWKS)"
      description="It checks signatures v1a of webhook-signature with them. They are no secret."
      value={data?.jwks_url ?? ''}
    />
  );
}
