// What the usage of a period consists of: a line per connection, workflow and outcome.
import { Text } from '@mantine/core';
import list from '../elements/list-table.module.css';
import { StatusBadge } from '../elements/status-badge.tsx';
import classes from './metering.module.css';
import type { UsageItem } from './metering-requests.ts';
import { bytesText } from './series.ts';

export function UsageTable({
  items,
  nameOf,
}: {
  items: readonly UsageItem[];
  nameOf: { connection(id: string): string; workflow(id: string): string };
}) {
  const rows = items.toSorted((a, b) => b.attempts - a.attempts);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className={classes.scroll} aria-label="Usage by connection, workflow and outcome" tabIndex={0}>
      <table className={list.table}>
        <thead>
          <tr>
            <th>Connection</th>
            <th>Workflow</th>
            <th>Outcome</th>
            <th className={classes.right}>Calls and events</th>
            <th className={classes.right}>Sent and received</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((item) => (
            <tr key={[item.kind, item.connection_id, item.workflow_id, item.outcome].join(' ')}>
              <td>
                {item.connection_id ? (
                  nameOf.connection(item.connection_id)
                ) : (
                  <Text span inherit c="dimmed">
                    Inbound events
                  </Text>
                )}
                {item.workflow_id && <div className={list.under}>{nameOf.workflow(item.workflow_id)}</div>}
              </td>
              <td className={list.wide}>{item.workflow_id ? nameOf.workflow(item.workflow_id) : '–'}</td>
              <td>
                <StatusBadge status={(item.outcome ?? '').toUpperCase()} />
              </td>
              <td className={classes.right}>{item.attempts.toLocaleString('en')}</td>
              <td className={`${list.wide} ${classes.right}`}>
                {bytesText(item.request_bytes + item.response_bytes)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
