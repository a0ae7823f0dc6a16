// The settings of a kind of source, made from the schema that the kind publishes.
import { Select, Stack, Text, TextInput } from '@mantine/core';
import type { Resource } from '../../api/client.ts';
import type { ApiProblem } from '../../api/problem.ts';
import { InlineCode } from '../../elements/inline-code.tsx';

type Kind = Resource<'SourceKind'>;
export type ConfigValues = Readonly<Record<string, string>>;

/** What the fields begin with. */
export const configValues = (kind: Kind, config: Record<string, unknown>): ConfigValues =>
  Object.fromEntries(kind.fields.map(({ name }) => [name, String(config[name] ?? '')]));

/** Without those that were left empty. */
export const configOf = (values: ConfigValues): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim() !== ''));

/** As a change: those that were left empty go. */
export const configChangeOf = (values: ConfigValues): Record<string, string | null> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value.trim() === '' ? null : value]),
  );

export function ConfigFields({
  kind,
  values,
  problem,
  onChange,
}: {
  kind: Kind;
  values: ConfigValues;
  problem: ApiProblem | null;
  onChange(values: ConfigValues): void;
}) {
  // What has a default or must be given is seen at once; the rest is for who looks for it.
  const isUsual = ({ name }: Field) =>
    (kind.config_template[name] ?? '') !== '' || requiredIn(kind).includes(name);
  const rest = kind.fields.filter((field) => !isUsual(field));
  const draw = (field: Field) => (
    <ConfigField
      key={field.name}
      field={field}
      choices={schemasOf(kind)[field.name]?.enum}
      value={values[field.name] ?? ''}
      error={problem?.problems.find(({ pointer }) => pointer.endsWith(`/${field.name}`))?.message}
      onChange={(value) => onChange({ ...values, [field.name]: value })}
    />
  );
  return (
    <Stack gap="sm">
      {kind.fields.filter(isUsual).map(draw)}
      {rest.length > 0 && (
        <details open={problem !== null || rest.some(({ name }) => (values[name] ?? '') !== '')}>
          <Text component="summary" size="sm" fw={500} style={{ cursor: 'pointer' }}>
            More settings
          </Text>
          <Stack gap="sm" mt="sm">
            {rest.map(draw)}
          </Stack>
        </details>
      )}
    </Stack>
  );
}

type Field = Kind['fields'][number];

const schemasOf = (kind: Kind) =>
  (kind.config_schema.properties ?? {}) as Record<string, { enum?: string[] }>;
const requiredIn = (kind: Kind) => (kind.config_schema.required ?? []) as string[];

function ConfigField({
  field: { label, help },
  choices,
  value,
  error,
  onChange,
}: {
  field: Field;
  choices: string[] | undefined;
  value: string;
  error: string | undefined;
  onChange(value: string): void;
}) {
  const shown = { label, description: <InlineCode text={help} />, error };
  return choices ? (
    <Select
      {...shown}
      data={choices}
      value={value || null}
      allowDeselect={false}
      onChange={(picked) => onChange(picked ?? '')}
    />
  ) : (
    <TextInput
      {...shown}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      spellCheck={false}
    />
  );
}
