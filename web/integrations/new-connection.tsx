// The way to a new connection: pick a provider, give what it asks for, see that it works.
import {
  Anchor,
  Button,
  Group,
  Loader,
  Modal,
  Stack,
  Stepper,
  Text,
  TextInput,
  ThemeIcon,
} from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Resource } from '../api/client.ts';
import { asProblem } from '../api/problem.ts';
import { useRequestKey } from '../api/request-key.ts';
import { InlineCode } from '../elements/inline-code.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { createConnection, rotateCredentials, testConnection } from './connection-requests.ts';
import {
  CredentialFields,
  credentialsOf,
  emptyValues,
  type FieldValues,
  isFilledIn,
} from './credential-fields.tsx';
import { PickProvider } from './pick-provider.tsx';
import { whyNoTest } from './why-no-test.ts';

type Provider = Resource<'Provider'>;

interface Props {
  opened: boolean;
  onClose(): void;
  providers: readonly Provider[];
}

export function NewConnection({ opened, onClose, providers }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="New connection" size="lg">
      <Wizard providers={providers} onClose={onClose} />
    </Modal>
  );
}

const [PICK, FILL_IN, TEST] = [0, 1, 2];

function Wizard({ providers, onClose }: Omit<Props, 'opened'>) {
  const [step, setStep] = useState(PICK);
  const [provider, setProvider] = useState<Provider | null>(null);
  const [saved, setSaved] = useState<Resource<'Connection'> | null>(null);
  const test = useTestCall();

  return (
    <Stack>
      <Stepper active={step} size="xs" iconSize={26} allowNextStepsSelect={false}>
        <Stepper.Step label="Provider" />
        <Stepper.Step label="Credentials" />
        <Stepper.Step label="Test" />
      </Stepper>
      {step === PICK && (
        <PickProvider
          providers={providers}
          onPick={(picked) => {
            setProvider(picked);
            setStep(FILL_IN);
          }}
        />
      )}
      {step === FILL_IN && provider && (
        <FillIn
          provider={provider}
          saved={saved}
          onBack={saved === null ? () => setStep(PICK) : null}
          onSaved={(connection) => {
            setSaved(connection);
            setStep(TEST);
            if (whyNoTest(provider, connection.fields) === null) test.mutate(connection.id);
          }}
        />
      )}
      {step === TEST && provider && saved && (
        <Try
          whyNoTest={whyNoTest(provider, saved.fields)}
          test={test}
          onAgain={() => test.mutate(saved.id)}
          onChange={() => setStep(FILL_IN)}
          onDone={onClose}
        />
      )}
    </Stack>
  );
}

function useTestCall() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: testConnection,
    onSettled: () => queries.invalidateQueries({ queryKey: ['connections'] }),
  });
}

type TestCall = ReturnType<typeof useTestCall>;

/** @param saved when the credentials of a connection that was saved are to be given again */
function FillIn({
  provider,
  saved,
  onBack,
  onSaved,
}: {
  provider: Provider;
  saved: Resource<'Connection'> | null;
  onBack: (() => void) | null;
  onSaved(connection: Resource<'Connection'>): void;
}) {
  const [name, setName] = useState(saved?.connection_name ?? provider.id.replaceAll('_', '-'));
  const [values, setValues] = useState<FieldValues>(() => emptyValues(provider.fields));
  const keyOf = useRequestKey();
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: () => {
      const credentials = credentialsOf(values);
      if (saved) return rotateCredentials(saved.id, credentials);
      const wanted = { provider: provider.id, connection_name: name, credentials };
      return createConnection(wanted, keyOf(wanted));
    },
    onSuccess: async (connection) => {
      await queries.invalidateQueries({ queryKey: ['connections'] });
      onSaved(connection);
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate();
  }

  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput
          label="Name"
          description="How people find it. Unique in your organisation."
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          disabled={saved !== null}
          required
          withAsterisk={false}
          data-autofocus
        />
        <CredentialFields
          provider={provider}
          values={values}
          problem={save.isError ? asProblem(save.error) : null}
          onChange={setValues}
        />
        <Text size="xs" c="dimmed">
          <Anchor href={provider.docs_url} target="_blank" rel="noreferrer" inherit>
            {provider.title}: the vendor’s documentation
          </Anchor>
        </Text>
        {save.isError && <ProblemNote error={save.error} />}
        <Group justify="space-between" gap="xs">
          {onBack ? (
            <Button variant="subtle" color="gray" onClick={onBack}>
              Another provider
            </Button>
          ) : (
            <span />
          )}
          <Button
            type="submit"
            loading={save.isPending}
            disabled={name.trim() === '' || !isFilledIn(provider.fields, values)}
          >
            {whyNoTest(provider, credentialsOf(values)) === null ? 'Save and test' : 'Save'}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Try({
  whyNoTest,
  test,
  onAgain,
  onChange,
  onDone,
}: {
  /** Null: there is one. */
  whyNoTest: string | null;
  test: TestCall;
  onAgain(): void;
  onChange(): void;
  onDone(): void;
}) {
  const available = whyNoTest === null;
  const works = test.data?.ok === true;
  return (
    <Stack>
      <Group wrap="nowrap" align="flex-start" role="status" py="sm">
        {available && test.isPending && <Loader size={28} />}
        {(works || !available) && (
          <ThemeIcon radius="xl" color="teal.8" size={28}>
            <IconCheck size={18} />
          </ThemeIcon>
        )}
        {test.isSuccess && !works && (
          <ThemeIcon radius="xl" color="red.8" size={28}>
            <IconX size={18} />
          </ThemeIcon>
        )}
        <div>
          <Text fw={600}>
            {!available && 'It is saved'}
            {available && test.isPending && 'A worker makes a harmless call …'}
            {test.isSuccess && (works ? 'It works' : 'It is saved, but the test failed')}
          </Text>
          <Text size="sm" c="dimmed">
            {whyNoTest !== null && <InlineCode text={whyNoTest} />}
            {test.isSuccess &&
              (test.data?.message ?? 'No worker answered. Check that one runs, then test again.')}
            {works && ' Workflows can use it now.'}
          </Text>
        </div>
      </Group>
      {test.isError && <ProblemNote error={test.error} />}
      <Group justify="flex-end" gap="xs">
        {available && !test.isPending && !works && (
          <>
            <Button variant="default" onClick={onChange}>
              Change the credentials
            </Button>
            <Button variant="default" onClick={onAgain}>
              Test again
            </Button>
          </>
        )}
        <Button onClick={onDone}>Done</Button>
      </Group>
    </Stack>
  );
}
