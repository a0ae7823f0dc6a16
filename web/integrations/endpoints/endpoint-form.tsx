// The URL of an endpoint, and what it is. A new one gets a secret, which is shown this once.
import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Resource } from '../../api/client.ts';
import { asProblem } from '../../api/problem.ts';
import { ButtonLink } from '../../elements/links.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { SecretOnce } from '../../elements/secret-once.tsx';
import { changeEndpoint, createEndpoint } from './endpoint-requests.ts';

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
  const [secret, setSecret] = useState<string | null>(null);
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: async () => {
      const body = { url: url.trim(), description };
      if (endpoint) await changeEndpoint(endpoint.id, body);
      else setSecret((await createEndpoint(body)).secret);
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['endpoints'] });
      if (endpoint) onClose();
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate();
  }

  if (secret !== null) {
    return (
      <Stack>
        <SecretOnce secret={secret} />
        <Text size="sm">
          The receiver checks the header <code>webhook-signature</code> with it. Any library of Standard
          Webhooks does that.
        </Text>
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
