// What every action that goes out may say beside its request; folded, as most say nothing.
import { Collapse, NumberInput, Select, SimpleGrid, Stack, Switch, UnstyledButton } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import type { QueuedActionOptions } from '../../../engine/definition.ts';
import { namesIn } from './edits.ts';
import { CelField, DraftText } from './fields.tsx';
import { usePanel, useProblems } from './panel-place.tsx';
import { inside, valueAt } from './place.ts';

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
const SET = ['when', 'continue_on_failure', 'timeout_ms', 'retry', 'on_unknown', 'idempotent'] as const;

export function ActionName({ pointer }: { pointer: string }) {
  const { definition, put, readOnly } = usePanel();
  const at = inside(pointer, 'name');
  const value = String(valueAt(definition, at) ?? '');
  const problems = useProblems(at);
  return (
    <DraftText
      label="Name"
      description={problems[0]?.message ?? 'How guards and templates refer to it: actions.<name>.status'}
      value={value}
      placeholder="notify"
      readOnly={readOnly}
      check={(text) => {
        if (text !== '' && !IDENTIFIER.test(text)) return 'Letters, digits and _, and no digit first';
        return namesIn(definition).has(text) ? 'Another action has this name' : null;
      }}
      onDone={(text) => put('Name action', at, text === '' ? undefined : text)}
    />
  );
}

export function ActionOptions({ pointer }: { pointer: string }) {
  const { definition, put, readOnly } = usePanel();
  const options = (valueAt(definition, pointer) ?? {}) as QueuedActionOptions;
  const count = SET.filter((key) => options[key] !== undefined).length;
  const [open, setOpen] = useState(false);
  const at = (...keys: string[]) => inside(pointer, ...keys);
  const number = (label: string, keys: string[], placeholder: string, max: number, min = 1) => (
    <NumberInput
      label={label}
      value={(valueAt(definition, at(...keys)) as number | undefined) ?? ''}
      onChange={(value) =>
        put(`Change ${label.toLowerCase()}`, at(...keys), typeof value === 'number' ? value : undefined)
      }
      placeholder={placeholder}
      min={min}
      max={max}
      allowDecimal={keys.at(-1) === 'factor'}
      readOnly={readOnly}
      hideControls
    />
  );
  return (
    <div>
      <UnstyledButton onClick={() => setOpen(!open)} aria-expanded={open} fz="xs" c="dimmed">
        <IconChevronRight
          size={13}
          style={{ transform: open ? 'rotate(90deg)' : 'none', verticalAlign: '-2px', marginRight: 4 }}
          aria-hidden
        />
        {count === 0 ? 'When, timeout and retries' : `When, timeout and retries (${count} set)`}
      </UnstyledButton>
      <Collapse in={open}>
        {open && (
          <Stack gap={12} pt={10}>
            <CelField
              label="When"
              description="CEL, asked when its turn comes. False: it is skipped."
              pointer={at('when')}
              placeholder="context.amount > 100"
              optional
              later
            />
            <Switch
              label="Go on when it fails"
              description="Otherwise the actions after it are skipped."
              checked={options.continue_on_failure === true}
              onChange={(event) =>
                put(
                  'Go on when it fails',
                  at('continue_on_failure'),
                  event.currentTarget.checked || undefined,
                )
              }
              disabled={readOnly}
            />
            <SimpleGrid cols={2} spacing="xs" verticalSpacing="xs">
              {number('Timeout (ms)', ['timeout_ms'], '10000', 60_000)}
              {number('Attempts', ['retry', 'max_attempts'], '5', 20)}
              {number('First wait (ms)', ['retry', 'backoff', 'initial_ms'], '1000', 86_400_000, 0)}
              {number('Times, each', ['retry', 'backoff', 'factor'], '2', 100)}
              {number('Longest wait (ms)', ['retry', 'backoff', 'max_ms'], '3600000', 86_400_000, 0)}
            </SimpleGrid>
            <Select
              label="When its outcome is not known"
              description="It went out, and no answer was recorded."
              data={[
                { value: 'park', label: 'Wait for a person' },
                { value: 'resend', label: 'Send it again' },
              ]}
              value={options.on_unknown ?? null}
              onChange={(value) => put('Change what follows unknown', at('on_unknown'), value ?? undefined)}
              placeholder="By whether it is idempotent"
              clearable
              readOnly={readOnly}
            />
            <Select
              label="Does sending it twice do harm?"
              data={[
                { value: 'true', label: 'No, it is idempotent' },
                { value: 'false', label: 'Yes' },
              ]}
              value={options.idempotent === undefined ? null : String(options.idempotent)}
              onChange={(value) =>
                put('Change idempotence', at('idempotent'), value === null ? undefined : value === 'true')
              }
              placeholder="By its method and provider"
              clearable
              readOnly={readOnly}
            />
          </Stack>
        )}
      </Collapse>
    </div>
  );
}
