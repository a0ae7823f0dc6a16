// A request as it would go out, with secrets masked; or why there is none.
import { Text } from '@mantine/core';
import type { Resource } from '../../api/client.ts';
import { JsonView } from '../../elements/json-view.tsx';
import { bodyOf } from '../../jobs/sent-request.ts';
import classes from './panel.module.css';

type Action = Resource<'Simulation'>['actions'][number];

const WHEN = { true: null, false: 'It would be skipped', error: 'Its condition fails', unknown: 'Perhaps' };

export function RequestView({ action }: { action: Action }) {
  const { name, action_type: kind, request, problems, when, when_message: why } = action;
  const doubt = WHEN[when];
  return (
    <div className={classes.request}>
      <Text size="xs" c="dimmed">
        {name ?? kind}
        {doubt !== null && ` · ${doubt}: ${why}`}
      </Text>
      {request && (
        <>
          <p className={classes.address}>
            <b>{request.method}</b> {request.url}
          </p>
          <dl className={classes.headers}>
            {Object.entries(request.headers).map(([header, value]) => (
              <div key={header}>
                <dt>{header}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
          {request.body !== null && (
            <JsonView value={bodyOf(request)} label={`Body of ${name ?? kind}`} maxHeight={260} />
          )}
        </>
      )}
      {problems.map((problem) => (
        <Text key={JSON.stringify(problem)} size="sm">
          {'part' in problem && `${problem.part}: `}
          {String(problem.message)}
        </Text>
      ))}
    </div>
  );
}
