// Which event is sent next, and with what: the payload of each event is kept in this browser.
import { Button, TextInput, Title } from '@mantine/core';
import { IconSend2 } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import type { Definition } from '../../../engine/definition.ts';
import { JsonField, parseJsonObject } from '../../elements/json-field.tsx';
import { firstPayload, keepSamples, readSamples } from '../panel/samples.ts';
import type { OfferedEvent } from './run.ts';
import classes from './simulate.module.css';

export function SendForm({
  definition,
  workflow,
  events,
  busy,
  onSend,
}: {
  definition: Definition;
  workflow: string | null;
  events: readonly OfferedEvent[];
  busy: boolean;
  onSend(type: string, payload: { [key: string]: unknown }): void;
}) {
  const [samples, setSamples] = useState(() => readSamples(workflow));
  const [typed, setTyped] = useState<string | null>(null);
  const named = events.filter(({ type }) => !type.includes('*'));
  const chosen = typed ?? named[0]?.type ?? '';
  const payloadOf = (type: string) => samples.payloads[type] ?? firstPayload(definition, type);
  const payload = payloadOf(chosen);
  const parsed = parseJsonObject(payload);

  function send(type: string) {
    const given = parseJsonObject(payloadOf(type));
    if (!given.ok) return;
    keepSamples(workflow, { ...readSamples(workflow), payloads: samples.payloads });
    onSend(type, given.value);
    setTyped(null);
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    if (chosen !== '' && parsed.ok) send(chosen);
  }
  return (
    <section aria-label="Events">
      <form className={classes.part} onSubmit={submit}>
        <Title order={3} size="0.84rem">
          Events
        </Title>
        <div className={classes.events}>
          {named.map(({ type, guarded }) => (
            <Button
              key={type}
              size="compact-sm"
              variant={type === chosen ? 'light' : 'default'}
              ff="monospace"
              onClick={() => setTyped(type)}
              aria-pressed={type === chosen}
            >
              {guarded ? `${type} ?` : type}
            </Button>
          ))}
        </div>
        {(named.length === 0 || named.length < events.length) && (
          <TextInput
            label="Type"
            value={chosen}
            onChange={(event) => setTyped(event.currentTarget.value)}
            spellCheck={false}
          />
        )}
        <JsonField
          label={`Payload of ${chosen === '' ? 'the event' : chosen}`}
          placeholder="{ }"
          value={payload}
          onChange={(text) => setSamples({ ...samples, payloads: { ...samples.payloads, [chosen]: text } })}
        />
        <Button
          type="submit"
          size="sm"
          leftSection={<IconSend2 size={15} />}
          loading={busy}
          disabled={chosen === '' || !parsed.ok}
          style={{ alignSelf: 'flex-start' }}
        >
          Send {chosen}
        </Button>
      </form>
    </section>
  );
}
