// An INTEGRATION: connection, operation, and a form made of what the provider's catalogue says of its input.
import { Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { connectionsQuery, providersQuery } from '../../api/queries.ts';
import { CodeField } from '../../code/code-field.tsx';
import { InlineCode } from '../../elements/inline-code.tsx';
import { ConnectionPicker } from './connection-picker.tsx';
import { type InputField, inputFields, numberFrom } from './input-fields.ts';
import { usePanel, useProblems, useScope } from './panel-place.tsx';
import { inside, valueAt, withValue } from './place.ts';
import { TemplateJson } from './request-form.tsx';

/**
 * @param params pointer of `connection_id` and `input`
 * @param operation pointer of `<provider>.<operation>`; an invocation has it as its `src`
 */
export function OperationForm({ params, operation }: { params: string; operation: string }) {
  const { definition, put, readOnly, onEdit } = usePanel();
  const { data: providers = [] } = useQuery(providersQuery);
  const { data: connections = [] } = useQuery(connectionsQuery);
  const problems = useProblems(operation);
  const chosen = String(valueAt(definition, operation) ?? '');
  const connection = valueAt(definition, inside(params, 'connection_id'));
  const provider =
    providers.find(({ id }) => chosen.startsWith(`${id}.`)) ??
    providers.find(({ id }) => id === connections.find((one) => one.id === connection)?.provider);
  const described = provider?.operations.find(({ id }) => id === chosen);
  const input = inside(params, 'input');
  return (
    <Stack gap={12}>
      <ConnectionPicker
        pointer={inside(params, 'connection_id')}
        onPicked={(id, of) => {
          // Another provider has other operations.
          const first = providers.find((one) => one.id === of)?.operations[0];
          const other = chosen.startsWith(`${of}.`) ? undefined : first;
          onEdit({
            label: 'Change connection',
            apply(before) {
              const picked = withValue(before, inside(params, 'connection_id'), id);
              return other ? withValue(picked, operation, other.id) : picked;
            },
          });
        }}
      />
      <Select
        label="Operation"
        data={(provider?.operations ?? []).map(({ id, title }) => ({ value: id, label: title }))}
        value={chosen === '' ? null : chosen}
        onChange={(id) => put('Change operation', operation, id)}
        placeholder={provider ? 'Pick one' : 'Pick a connection first'}
        error={problems.map(({ message }) => message).join(' · ') || undefined}
        allowDeselect={false}
        readOnly={readOnly}
        disabled={!provider}
      />
      {described && (
        <>
          <Text size="xs" c="dimmed">
            <InlineCode text={described.help} />
          </Text>
          {inputFields(described.input_schema, described.example).map((field) => (
            <Field key={field.key} field={field} pointer={inside(input, field.key)} />
          ))}
        </>
      )}
    </Stack>
  );
}

function Field({ field, pointer }: { field: InputField; pointer: string }) {
  const { definition, put, readOnly } = usePanel();
  const scope = useScope(pointer, 'worker');
  const problems = useProblems(pointer);
  const { kind, label, help, required, placeholder } = field;
  const value = valueAt(definition, pointer);
  const named = required ? label : `${label} (optional)`;
  const change = (next: unknown) => put(`Change ${label.toLowerCase()}`, pointer, next);
  if (kind === 'json') {
    return <TemplateJson label={named} description={help} pointer={pointer} placeholder={placeholder} />;
  }
  if (kind === 'boolean' || kind === 'choice') {
    const choices = kind === 'boolean' ? ['true', 'false'] : field.choices;
    const shown = value === undefined ? null : String(value);
    return (
      <Select
        label={named}
        description={<InlineCode text={help} />}
        data={shown === null || choices.includes(shown) ? choices : [...choices, shown]}
        value={shown}
        onChange={(next) => change(next === null ? undefined : kind === 'boolean' ? next === 'true' : next)}
        placeholder={placeholder}
        clearable={!required}
        readOnly={readOnly}
        error={problems.map(({ message }) => message).join(' · ') || undefined}
      />
    );
  }
  return (
    <CodeField
      label={named}
      description={help}
      language="template"
      // What is said to people has lines.
      multiline={kind === 'text'}
      value={value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)}
      onChange={(text) => change(kind === 'number' ? numberFrom(text) : text === '' ? undefined : text)}
      placeholder={placeholder}
      readOnly={readOnly}
      scope={scope}
      problems={problems}
    />
  );
}
