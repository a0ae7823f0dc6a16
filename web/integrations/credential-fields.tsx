// The fields that a provider asks for, each with where to get what belongs in it.
import { Anchor, NativeSelect, PasswordInput, Stack, TextInput } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import type { ChangeEvent } from 'react';
import type { Resource } from '../api/client.ts';
import type { ApiProblem } from '../api/problem.ts';
import { InlineCode } from '../elements/inline-code.tsx';

type Provider = Pick<Resource<'Provider'>, 'fields' | 'credentials_schema'>;
export type ProviderField = Provider['fields'][number];
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
  provider,
  values,
  problem,
  onChange,
}: {
  provider: Provider;
  values: FieldValues;
  problem: ApiProblem | null;
  onChange(values: FieldValues): void;
}) {
  return (
    <Stack gap="sm">
      {provider.fields.map((field) => {
        const { name, label, help, secret, optional, link } = field;
        const choices = choicesOf(provider, name);
        const common = {
          name,
          label,
          description: (
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
          ),
          required: !optional,
          withAsterisk: false,
          value: values[name] ?? '',
          error: problem?.problems.find(({ pointer }) => pointer.endsWith(`/${name}`))?.message,
          onChange: ({ currentTarget }: ChangeEvent<HTMLInputElement | HTMLSelectElement>) =>
            onChange({ ...values, [name]: currentTarget.value }),
        };
        if (choices !== null) return <NativeSelect key={name} {...common} data={choices} />;
        const Input = secret ? PasswordInput : TextInput;
        return (
          <Input
            key={name}
            {...common}
            placeholder={optional ? 'Optional' : undefined}
            autoComplete="off"
            spellCheck={false}
          />
        );
      })}
    </Stack>
  );
}

/** What a field may be, where the schema names it all; else null. */
function choicesOf({ credentials_schema: schema }: Provider, name: string): string[] | null {
  const { properties } = schema as { properties?: Readonly<Record<string, { enum?: string[] }>> };
  return properties?.[name]?.enum ?? null;
}
