// What the machine would do, on the server's engine.
import { Text } from '@mantine/core';
import type { Definition } from '../../../engine/definition.ts';

export interface SimulateProps {
  definition: Definition;
  workflow: string | null;
  onLit(paths: readonly string[]): void;
}

export function Simulate({ workflow }: SimulateProps) {
  return (
    <Text size="sm" c="dimmed">
      <code>POST /api/v1/workflows/{workflow === null ? '' : `${workflow}/`}simulate</code> says what an event
      would do.
    </Text>
  );
}
