// Takes away all that a list is filtered by; not there when nothing is.
import { Button } from '@mantine/core';
import { IconX } from '@tabler/icons-react';

export function ClearFilter({ filter, onClear }: { filter: object; onClear(): void }) {
  if (Object.values(filter).every((value) => value === undefined)) return null;
  return (
    <Button variant="subtle" color="gray" px="xs" leftSection={<IconX size={15} />} onClick={onClear}>
      Clear
    </Button>
  );
}
