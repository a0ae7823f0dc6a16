// The frame of what is shown to somebody who is not in yet.
import { Box, Paper, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import { Mark } from '../shell/mark.tsx';

export function Front({
  title,
  children,
  about,
  below,
}: {
  title: string;
  children: ReactNode;
  /** Under the title. */
  about?: ReactNode;
  below?: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Pawl`;
  }, [title]);
  return (
    <Box component="main" mih="100vh" px="md" pt={{ base: '7vh', sm: '12vh' }} pb="xl">
      <Stack maw={420} mx="auto" gap="lg">
        <Stack gap={8} align="center">
          <Mark size={44} />
          <Title order={1} size="h2" ta="center" style={{ overflowWrap: 'anywhere' }}>
            {title}
          </Title>
          {about && (
            <Text size="sm" c="dimmed" ta="center" component="div">
              {about}
            </Text>
          )}
        </Stack>
        <Paper p={{ base: 'lg', sm: 'xl' }} radius="lg" shadow="sm">
          {children}
        </Paper>
        {below && (
          <Text size="sm" c="dimmed" ta="center" component="div">
            {below}
          </Text>
        )}
      </Stack>
    </Box>
  );
}
