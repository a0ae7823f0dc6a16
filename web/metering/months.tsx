// The months there were, and which of them are closed: what is billed from.
import { Code, Text, Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import list from '../elements/list-table.module.css';
import { Moment } from '../elements/moment.tsx';
import { Panel } from '../elements/panel.tsx';
import { Badge } from '../elements/status-badge.tsx';
import classes from './metering.module.css';
import { periodsQuery } from './metering-requests.ts';

export function Months() {
  const { data } = useQuery(periodsQuery);
  if (!data || data.items.length === 0) return null;
  return (
    <Panel title="Months" flush>
      <div className={classes.scroll}>
        <table className={list.table}>
          <thead>
            <tr>
              <th>Month</th>
              <th>State</th>
              <th className={classes.right}>Calls and events</th>
              <th>Checksum</th>
            </tr>
          </thead>
          <tbody>
            {data.items.map((month) => (
              <tr key={month.starts_at}>
                <td>{monthText(month.starts_at)}</td>
                <td>
                  <Badge tone={month.status === 'closed' ? 'good' : 'idle'}>
                    {month.status === 'closed' ? 'Closed' : 'Open'}
                  </Badge>
                </td>
                <td className={classes.right}>{month.attempts.toLocaleString('en')}</td>
                <td className={list.wide}>
                  {month.checksum === null || month.closed_at === null ? (
                    <Text span inherit c="dimmed">
                      Its sums may still grow
                    </Text>
                  ) : (
                    <>
                      <Tooltip label={month.checksum}>
                        <Code>{month.checksum.slice(0, 12)}</Code>
                      </Tooltip>{' '}
                      <Text span inherit c="dimmed">
                        closed <Moment at={month.closed_at} />
                      </Text>
                    </>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

const monthText = (at: string): string =>
  new Date(at).toLocaleDateString('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });
