// What is selected, as it stands in the definition.
import { Stack, Text } from '@mantine/core';
import { JsonView } from '../../elements/json-view.tsx';
import { valueAt } from '../document/pointers.ts';
import type { PanelProps } from './panel-props.ts';

export function Panel({ definition, pointer, problems }: PanelProps) {
  const about = problems.filter((problem) => problem.pointer.startsWith(pointer));
  return (
    <Stack gap="sm">
      <JsonView value={valueAt(definition, pointer)} label="As it is written" maxHeight={480} />
      {about.map(({ pointer: at, message }) => (
        <Text key={`${at} ${message}`} size="sm" c="red">
          {message}
        </Text>
      ))}
    </Stack>
  );
}
