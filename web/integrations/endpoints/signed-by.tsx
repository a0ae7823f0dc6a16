// What the requests of an endpoint are signed with, in words.
import { Select } from '@mantine/core';
import type { Resource } from '../../api/client.ts';

export type SignedBy = Resource<'Endpoint'>['signed_by'];

export const SIGNED_BY: Readonly<Record<SignedBy, string>> = {
  secret: 'its secret',
  key: "the organisation's key",
  both: "its secret, and the organisation's key",
};

const EXPLAINED: Readonly<Record<SignedBy, string>> = {
  secret: 'The receiver keeps a secret of this endpoint, and checks signatures v1 with it.',
  key: 'The receiver keeps no secret: it checks signatures v1a with the public key of the organisation.',
  both: 'Requests carry a signature of each: the receiver checks the one it knows.',
};

const OPTIONS = [
  { value: 'secret', label: 'Its secret' },
  { value: 'key', label: "The organisation's key" },
  { value: 'both', label: 'Both' },
] satisfies { value: SignedBy; label: string }[];

export function SignedByField({ value, onChange }: { value: SignedBy; onChange(value: SignedBy): void }) {
  return (
    <Select
      label="Signed by"
      description={EXPLAINED[value]}
      data={OPTIONS}
      value={value}
      onChange={(chosen) => chosen && onChange(chosen as SignedBy)}
      allowDeselect={false}
    />
  );
}
