// The fields that a provider asks for, each with where to get what belongs in it.
import { Anchor, PasswordInput, Stack, TextInput } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import type { Resource } from '../api/client.ts';
import type { ApiProblem } from '../api/problem.ts';
import { InlineCode } from '../elements/inline-code.tsx';

export type ProviderField = Resource<'Provider'>['fields'][number];
export type FieldValues = Readonly<Record<string, string>>;

/** What a field begins with. */
export const emptyValues = (fields: readonly ProviderField[]): Record<string, string> =>
  Object.fromEntries(fields.map(({ name, default: given }) => [name, given ?? '']));

/** Without the optional ones that were left out. */
export const credentialsOf = (values: FieldValues): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values)
      .map(([name, value]) => [name, value.trim()] as const)
      .filter(([, value]) => value !== ''),
  );

export const isFilledIn = (fields: readonly ProviderField[], values: FieldValues): boolean =>
  fields.every(({ name, optional }) => optional || (values[name] ?? '').trim() !== '');

export function CredentialFields({
  fields,
  values,
  problem,
  onChange,
}: {
  fields: readonly ProviderField[];
  values: FieldValues;
  problem: ApiProblem | null;
  onChange(values: FieldValues): void;
}) {
  return (
    <Stack gap="sm">
      {fields.map((field) => {
        const { name, label, help, secret, optional, link } = field;
        const Input = secret ? PasswordInput : TextInput;
        return (
          <Input
            key={name}
            name={name}
            label={label}
            description={
              <>
                <InlineCode text={help} />
                {link !== null && (
                  <>
                    {' '}
                    <Anchor href={link} target="_blank" rel="noreferrer" underline="always" inherit>
                      {secret ? 'Get the key' : 'Where to find it'}
                      <IconExternalLink size={12} style={{ marginLeft: 3 }} aria-hidden />
                    </Anchor>
                  </>
                )}
              </>
            }
            placeholder={optional ? 'Optional' : undefined}
            required={!optional}
            withAsterisk={false}
            value={values[name] ?? ''}
            error={problem?.problems.find(({ pointer }) => pointer.endsWith(`/${name}`))?.message}
            onChange={(event) => onChange({ ...values, [name]: event.currentTarget.value })}
            autoComplete="off"
            spellCheck={false}
          />
        );
      })}
    </Stack>
  );
}
