// API keys: made, shown once, looked after and revoked.
import { Button, Group, Select, Skeleton, Stack, Switch, Text, TextInput } from '@mantine/core';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Resource } from '../api/client.ts';
import { Empty } from '../elements/empty.tsx';
import { Moment } from '../elements/moment.tsx';
import { Panel } from '../elements/panel.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { apiKeysQuery, createApiKey, revokeApiKey } from './access-requests.ts';
import { Confirm } from './confirm.tsx';
import { Dialog } from './dialog.tsx';
import { MayNotSee, OwnersOnly, useMay } from './permissions.tsx';
import { type OrganisationRole, RoleChoice, Roles } from './role-choice.tsx';
import classes from './settings.module.css';
import { ShownOnce } from './shown-once.tsx';
import { useChange } from './use-change.ts';

type ApiKey = Resource<'ApiKey'>;

const DAY_MS = 86_400_000;
const LIFETIMES_DAYS = ['30', '90', '365'] as const;

export function ApiKeysSection() {
  const may = useMay();
  if (!may('api_key.read')) return <MayNotSee what="the API keys" permission="api_key.read" />;
  return <ApiKeys mayChange={may('api_key.write')} />;
}

function ApiKeys({ mayChange }: { mayChange: boolean }) {
  const keys = useQuery(apiKeysQuery);
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const [withPast, showPast] = useState(false);
  const shown = keys.data?.filter((key) => withPast || isAlive(key)) ?? [];
  const past = (keys.data ?? []).filter((key) => !isAlive(key)).length;
  const create = mayChange && (
    <Button size="compact-md" leftSection={<IconPlus size={16} />} onClick={() => setCreating(true)}>
      New API key
    </Button>
  );
  return (
    <>
      <Panel title="API keys" beside={(keys.isPending || shown.length > 0) && create} flush>
        {keys.isPending && <Skeleton height={120} m="md" w="auto" />}
        {keys.isError && <ProblemNote error={keys.error} onRetry={() => void keys.refetch()} />}
        {keys.data && shown.length === 0 && (
          <Empty icon={IconKey} title="No API keys" action={create}>
            A key lets a program of yours start jobs and send events, with the roles you give it.
          </Empty>
        )}
        {shown.map((key) => (
          <div key={key.id} className={classes.row}>
            <div className={classes.name}>
              <Text size="sm" fw={550} td={isAlive(key) ? undefined : 'line-through'}>
                {key.name}
              </Text>
              <Text size="xs" c="dimmed">
                <Text span inherit ff="monospace">
                  {key.prefix}…
                </Text>{' '}
                · <Use apiKey={key} />
              </Text>
            </div>
            <Group gap={6}>
              <Roles roles={key.roles} />
            </Group>
            {mayChange && isAlive(key) && (
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => setRevoking(key)}
                aria-label={`Revoke ${key.name}`}
              >
                Revoke
              </Button>
            )}
          </div>
        ))}
      </Panel>
      {past > 0 && (
        <Switch
          label={`Show ${past} that ${past === 1 ? 'is' : 'are'} revoked or expired`}
          checked={withPast}
          onChange={(event) => showPast(event.currentTarget.checked)}
        />
      )}
      {!mayChange && <OwnersOnly>Making and revoking keys</OwnersOnly>}
      {creating && <NewApiKey onClose={() => setCreating(false)} />}
      {revoking && (
        <Confirm
          title={`Revoke ${revoking.name}?`}
          action="Revoke"
          onConfirm={() => revokeApiKey(revoking.id)}
          onClose={() => setRevoking(null)}
        >
          Whatever uses it is refused from the next request on. There is no way back but a new key.
        </Confirm>
      )}
    </>
  );
}

const isAlive = ({ revoked_at: revokedAt, expires_at: expiresAt }: ApiKey): boolean =>
  revokedAt === null && (expiresAt === null || new Date(expiresAt).getTime() > Date.now());

function Use({ apiKey }: { apiKey: ApiKey }) {
  const { revoked_at: revokedAt, expires_at: expiresAt, last_used_at: usedAt } = apiKey;
  return (
    <>
      {usedAt === null ? 'never used' : <>used {<Moment at={usedAt} />}</>}
      {revokedAt !== null && <> · revoked {<Moment at={revokedAt} />}</>}
      {revokedAt === null && expiresAt !== null && <> · expires {<Moment at={expiresAt} />}</>}
      {revokedAt === null && expiresAt === null && ' · does not expire'}
    </>
  );
}

function NewApiKey({ onClose }: { onClose(): void }) {
  const [made, setMade] = useState<Resource<'CreatedApiKey'> | null>(null);
  return (
    <Dialog
      onClose={onClose}
      title={made ? `The key of ${made.name}` : 'New API key'}
      // A click beside it must not lose what is shown this once.
      closeOnClickOutside={made === null}
    >
      {made ? (
        <ShownOnce label="API key" text={made.key} onDone={onClose}>
          Send it as <code>Authorization: Bearer …</code>. It is not shown again: keep it where your program
          keeps its secrets.
        </ShownOnce>
      ) : (
        <Form onMade={setMade} onClose={onClose} />
      )}
    </Dialog>
  );
}

function Form({ onMade, onClose }: { onMade(made: Resource<'CreatedApiKey'>): void; onClose(): void }) {
  const [name, setName] = useState('');
  const [roles, setRoles] = useState<OrganisationRole[]>(['Contributor']);
  const [days, setDays] = useState<string>('90');
  const create = useChange(() => {
    const expires =
      days === '' ? {} : { expires_at: new Date(Date.now() + Number(days) * DAY_MS).toISOString() };
    return createApiKey({ name: name.trim(), roles, ...expires });
  }, onMade);

  function submit(event: FormEvent) {
    event.preventDefault();
    create.mutate(undefined);
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Name"
          description="What uses it."
          placeholder="order service"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          maxLength={200}
          data-autofocus
          required
          withAsterisk={false}
        />
        <Select
          label="Expires"
          value={days}
          onChange={(value) => setDays(value ?? '')}
          allowDeselect={false}
          data={[
            ...LIFETIMES_DAYS.map((value) => ({ value, label: `In ${value} days` })),
            { value: '', label: 'Never' },
          ]}
        />
        <RoleChoice value={roles} onChange={setRoles} />
        {create.isError && <ProblemNote error={create.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending} disabled={name.trim() === ''}>
            Make the key
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
