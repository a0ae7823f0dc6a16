// The head of a page: what it is, a sentence about it, and what can be done here.
import { Group, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useEffect } from 'react';

export interface PageHeaderProps {
  title: string;
  /** In the browser's tab, where the title alone would not say enough. */
  tabTitle?: string;
  description?: ReactNode;
  /** Above the title: the way back. */
  trail?: ReactNode;
  beside?: ReactNode;
  actions?: ReactNode;
}

export function PageHeader({
  title,
  tabTitle = title,
  description,
  trail,
  beside,
  actions,
}: PageHeaderProps) {
  useEffect(() => {
    document.title = `${tabTitle} · Pawl`;
  }, [tabTitle]);
  return (
    <header style={{ marginBottom: 22 }}>
      {trail}
      <Group justify="space-between" align="flex-start" gap="sm" wrap="wrap">
        <div style={{ minWidth: 0 }}>
          <Group gap="sm">
            <Title order={1} size="1.45rem" style={{ overflowWrap: 'anywhere' }}>
              {title}
            </Title>
            {beside}
          </Group>
          {description && (
            <Text c="dimmed" size="sm" mt={4} component="div">
              {description}
            </Text>
          )}
        </div>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
    </header>
  );
}
