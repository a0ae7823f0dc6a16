// Where there is nothing yet: why, and what to do next.
import { Stack, Text, ThemeIcon, Title } from '@mantine/core';
import type { Icon } from '@tabler/icons-react';
import type { ReactNode } from 'react';

export function Empty({
  icon: IconOfIt,
  title,
  children,
  action,
}: {
  icon: Icon;
  title: string;
  children: ReactNode;
  action?: ReactNode;
}) {
  return (
    <Stack align="center" gap={8} py={64} px="md" ta="center">
      <ThemeIcon size={48} radius="xl" variant="light" color="pawl" mb={4}>
        <IconOfIt size={24} stroke={1.6} />
      </ThemeIcon>
      <Title order={2} size="1.05rem">
        {title}
      </Title>
      <Text c="dimmed" size="sm" maw={440} component="div">
        {children}
      </Text>
      {action && <div style={{ marginTop: 10 }}>{action}</div>}
    </Stack>
  );
}
