// A secret that was just made. It is shown this once, and that is said.
import { Alert, Stack } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { CopyField } from './copy-field.tsx';

export function SecretOnce({ secret, label = 'Secret' }: { secret: string; label?: string }) {
  return (
    <Alert color="pawl" variant="light" icon={<IconKey size={18} />} title="Copy the secret now">
      <Stack gap="xs">
        It is stored encrypted and cannot be shown again. If it is lost, make another one.
        <CopyField label={label} value={secret} />
      </Stack>
    </Alert>
  );
}
