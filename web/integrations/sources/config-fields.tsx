// The settings of a kind of source, made from the schema that the kind publishes.
import { Select, Stack, TextInput } from '@mantine/core';
import type { Resource } from '../../api/client.ts';
import type { ApiProblem } from '../../api/problem.ts';
import { InlineCode } from '../../elements/inline-code.tsx';

type Kind = Resource<'SourceKind'>;
export type ConfigValues = Readonly<Record<string, string>>;

interface SettingSchema {
  enum?: string[];
}

/** What the fields begin with. */
export const configValues = (kind: Kind, config: Record<string, unknown>): ConfigValues =>
  Object.fromEntries(kind.fields.map(({ name }) => [name, String(config[name] ?? '')]));

/** Without those that were left empty. */
export const configOf = (values: ConfigValues): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim() !== ''));

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
  const schemas = (kind.config_schema.properties ?? {}) as Record<string, SettingSchema>;
  return (
    <Stack gap="sm">
      {kind.fields.map(({ name, label, help }) => {
        const field = {
          label,
          description: <InlineCode text={help} />,
          error: problem?.problems.find(({ pointer }) => pointer.endsWith(`/${name}`))?.message,
        };
        const choices = schemas[name]?.enum;
        return choices ? (
          <Select
            key={name}
            {...field}
            data={choices}
            value={values[name] ?? null}
            allowDeselect={false}
            onChange={(value) => onChange({ ...values, [name]: value ?? '' })}
          />
        ) : (
          <TextInput
            key={name}
            {...field}
            value={values[name] ?? ''}
            onChange={(event) => onChange({ ...values, [name]: event.currentTarget.value })}
            spellCheck={false}
          />
        );
      })}
    </Stack>
  );
}
