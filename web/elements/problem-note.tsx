// A failure as people need it: what happened, what to do, and by what to find it again.
import { Button, Code, Group, List, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { adviceFor, asProblem } from '../api/problem.ts';
import classes from './problem-note.module.css';

export function ProblemNote({ error, onRetry }: { error: unknown; onRetry?(): void }) {
  const problem = asProblem(error);
  const advice = adviceFor(problem);
  return (
    <div className={classes.note} role="alert">
      <IconAlertTriangle className={classes.icon} size={18} aria-hidden />
      <div className={classes.body}>
        <Text fw={600} size="sm">
          {problem.title}
        </Text>
        <Text size="sm">{problem.message}</Text>
        {problem.problems.length > 0 && (
          <List size="sm" spacing={2} mt={4}>
            {problem.problems.map(({ pointer, message }) => (
              <List.Item key={`${pointer} ${message}`}>
                {pointer !== '' && <Code>{pointer}</Code>} {message}
              </List.Item>
            ))}
          </List>
        )}
        {advice !== null && (
          <Text size="sm" mt={4}>
            {advice}
          </Text>
        )}
        <Group gap="sm" mt={6}>
          {onRetry && (
            <Button size="compact-sm" variant="default" onClick={onRetry}>
              Try again
            </Button>
          )}
          <Text size="xs" c="dimmed" ff="monospace">
            {problem.code}
            {problem.requestId !== null && ` · request ${problem.requestId}`}
          </Text>
        </Group>
      </div>
    </div>
  );
}
