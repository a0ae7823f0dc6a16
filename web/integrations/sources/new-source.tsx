// The way to a new source: pick who sends, say how it signs, then set it up at the sender and see its first event.
import {
  Button,
  Group,
  Loader,
  Modal,
  PasswordInput,
  SimpleGrid,
  Stack,
  Stepper,
  Text,
  TextInput,
  ThemeIcon,
  UnstyledButton,
} from '@mantine/core';
import { IconCheck, IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Resource } from '../../api/client.ts';
import { asProblem } from '../../api/problem.ts';
import { useRequestKey } from '../../api/request-key.ts';
import { CopyField } from '../../elements/copy-field.tsx';
import { InlineCode } from '../../elements/inline-code.tsx';
import { ButtonLink } from '../../elements/links.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { SecretOnce } from '../../elements/secret-once.tsx';
import { inboundEventsQuery } from '../integration-requests.ts';
import picks from '../pick-provider.module.css';
import { ProviderMark } from '../provider-mark.tsx';
import { ConfigFields, configOf, configValues } from './config-fields.tsx';
import { SetupSteps } from './setup-steps.tsx';
import { createSource, rotateSource, type SourceWithSecret } from './source-requests.ts';

type Kind = Resource<'SourceKind'>;

export function NewSource({
  kinds,
  opened,
  onClose,
}: {
  kinds: readonly Kind[];
  opened: boolean;
  onClose(): void;
}) {
  return (
    <Modal opened={opened} onClose={onClose} title="New source" size="lg">
      <Wizard kinds={kinds} onClose={onClose} />
    </Modal>
  );
}

function Wizard({ kinds, onClose }: { kinds: readonly Kind[]; onClose(): void }) {
  const [kind, setKind] = useState<Kind | null>(null);
  const [made, setMade] = useState<{ source: SourceWithSecret; secret: string | null } | null>(null);
  const step = made ? 2 : kind ? 1 : 0;
  return (
    <Stack>
      <Stepper active={step} size="xs" iconSize={26} allowNextStepsSelect={false}>
        <Stepper.Step label="Sender" />
        <Stepper.Step label="Settings" />
        <Stepper.Step label="Set up" />
      </Stepper>
      {kind === null && <PickKind kinds={kinds} onPick={setKind} />}
      {kind && made === null && (
        <FillIn
          kind={kind}
          onBack={() => setKind(null)}
          onMade={(source, entered) => setMade({ source, secret: source.secret ?? entered })}
        />
      )}
      {kind && made && <SetUp kind={kind} {...made} onClose={onClose} />}
    </Stack>
  );
}

function PickKind({ kinds, onPick }: { kinds: readonly Kind[]; onPick(kind: Kind): void }) {
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  const found = kinds.filter(({ id, title }) => `${id} ${title}`.toLowerCase().includes(wanted));
  return (
    <Stack gap="sm">
      <TextInput
        aria-label="Find a sender"
        placeholder="Find a sender"
        leftSection={<IconSearch size={15} />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        data-autofocus
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs">
        {found.map((kind) => (
          <UnstyledButton key={kind.id} className={picks.provider} onClick={() => onPick(kind)}>
            <ProviderMark provider={kind.id} title={kind.title} size={34} />
            <span style={{ minWidth: 0 }}>
              <Text span size="sm" fw={550} display="block">
                {kind.title}
              </Text>
              <Text span size="xs" c="dimmed" display="block" truncate>
                {kind.setup.example_types.slice(0, 2).join(', ')}
              </Text>
            </span>
          </UnstyledButton>
        ))}
      </SimpleGrid>
      {found.length === 0 && (
        <Text size="sm" c="dimmed">
          None is called so. “Generic webhook” takes anything that signs its body or sends a secret along.
        </Text>
      )}
    </Stack>
  );
}

function FillIn({
  kind,
  onBack,
  onMade,
}: {
  kind: Kind;
  onBack(): void;
  onMade(source: SourceWithSecret, entered: string | null): void;
}) {
  const [name, setName] = useState(kind.id.replaceAll('_', '-'));
  const [values, setValues] = useState(() => configValues(kind, kind.config_template));
  const [secret, setSecret] = useState('');
  const keyOf = useRequestKey();
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: () => {
      const wanted = {
        kind: kind.id,
        name: name.trim(),
        config: configOf(values),
        ...(secret.trim() !== '' && { secret: secret.trim() }),
      };
      return createSource(wanted, keyOf(wanted));
    },
    onSuccess: async (source) => {
      await queries.invalidateQueries({ queryKey: ['sources'] });
      onMade(source, secret.trim() || null);
    },
  });
  const { label, help, made_by: madeBy } = kind.secret;

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
          required
          withAsterisk={false}
          data-autofocus
        />
        <ConfigFields
          kind={kind}
          values={values}
          problem={save.isError ? asProblem(save.error) : null}
          onChange={setValues}
        />
        <PasswordInput
          label={label}
          description={
            <>
              <InlineCode text={help} />
              {madeBy === 'vendor'
                ? ' If it is shown only once the sender has the URL, leave it empty for now.'
                : ' Leave it empty, and one is made for you.'}
            </>
          }
          placeholder={madeBy === 'vendor' ? 'Later' : 'Made for you'}
          withAsterisk={false}
          value={secret}
          onChange={(event) => setSecret(event.currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
        />
        {save.isError && <ProblemNote error={save.error} />}
        <Group justify="space-between" gap="xs">
          <Button variant="subtle" color="gray" onClick={onBack}>
            Another sender
          </Button>
          <Button type="submit" loading={save.isPending} disabled={name.trim() === ''}>
            Create the source
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** What the sender shows once it has the URL. */
function SecretOfSender({ kind, sourceId }: { kind: Kind; sourceId: string }) {
  const [secret, setSecret] = useState('');
  // There was none before that could go on being accepted.
  const save = useMutation({
    mutationFn: () => rotateSource(sourceId, { secret: secret.trim(), overlap_hours: 0 }),
  });
  if (save.isSuccess) return <Text size="sm">The secret is stored; events that it signs are taken.</Text>;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack gap="xs">
        <PasswordInput
          label={kind.secret.label}
          description="Until it is given, every event is refused."
          value={secret}
          onChange={(event) => setSecret(event.currentTarget.value)}
          error={save.isError ? asProblem(save.error).problems[0]?.message : undefined}
          autoComplete="off"
          spellCheck={false}
        />
        {save.isError && <ProblemNote error={save.error} />}
        <Group justify="flex-end">
          <Button type="submit" variant="default" loading={save.isPending} disabled={secret.trim() === ''}>
            Store the secret
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function SetUp({
  kind,
  source,
  secret,
  onClose,
}: {
  kind: Kind;
  source: SourceWithSecret;
  secret: string | null;
  onClose(): void;
}) {
  return (
    <Stack>
      <CopyField label="URL" value={source.url} description="Where the sender is to post its events." />
      {source.secret !== undefined && <SecretOnce secret={source.secret} />}
      <SetupSteps kind={kind} url={source.url} secret={secret} />
      {secret === null && <SecretOfSender kind={kind} sourceId={source.id} />}
      <FirstEvent sourceId={source.id} />
      <Group justify="flex-end" gap="xs">
        <ButtonLink
          to="/admin/integrations/sources/$sourceId"
          params={{ sourceId: source.id }}
          onClick={onClose}
        >
          Go to the source
        </ButtonLink>
      </Group>
    </Stack>
  );
}

/** Waits for the sender, so that one sees at once whether it is set up as it should be. */
function FirstEvent({ sourceId }: { sourceId: string }) {
  const events = useInfiniteQuery(inboundEventsQuery({ source: sourceId }));
  const [first] = events.data?.pages[0]?.items ?? [];
  const refused = (first?.error as { message?: string } | null)?.message;
  return (
    <Group gap="sm" wrap="nowrap" role="status">
      {first === undefined && <Loader size={18} />}
      {first && (
        <ThemeIcon size={22} radius="xl" color={first.status === 'FAILED' ? 'red.8' : 'teal.8'}>
          <IconCheck size={14} />
        </ThemeIcon>
      )}
      <Text size="sm" c="dimmed">
        {first === undefined && 'Waiting for the first event. You may also close this and come back.'}
        {first && first.status !== 'FAILED' && `It arrived: ${first.event_type ?? 'an event'}.`}
        {first?.status === 'FAILED' && `A request arrived and failed: ${refused ?? ''}`}
      </Text>
    </Group>
  );
}
