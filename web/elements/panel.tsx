// A bordered part of a page with a heading of its own.
import { Group, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './panel.module.css';

export function Panel({
  title,
  beside,
  children,
  flush = false,
}: {
  title?: string;
  beside?: ReactNode;
  children: ReactNode;
  /** What is inside goes to the border. */
  flush?: boolean;
}) {
  return (
    <section className={classes.panel} aria-label={title}>
      {title !== undefined && (
        <Group className={classes.head} justify="space-between" gap="xs" wrap="wrap">
          <Title order={2} size="0.9rem">
            {title}
          </Title>
          {beside}
        </Group>
      )}
      <div className={flush ? undefined : classes.body}>{children}</div>
    </section>
  );
}
