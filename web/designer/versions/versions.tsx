// The versions of the workflow that is open.
import { List, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Definition } from '../../../engine/definition.ts';
import { versionsQuery } from '../../api/queries.ts';

export interface VersionsProps {
  workflow: string;
  definition: Definition;
  onOpen(definition: Definition): void;
}

export function Versions({ workflow }: VersionsProps) {
  const versions = useQuery(versionsQuery(workflow));
  return (
    <List size="sm">
      {versions.data?.map(({ version, published }) => (
        <List.Item key={version}>
          Version {version} {published && <Text span>(published)</Text>}
        </List.Item>
      ))}
    </List>
  );
}
