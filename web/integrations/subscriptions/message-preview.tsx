// The request that a subscription would send, as one writes it: of a job there is, with nothing sent.
import { Alert, Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconAlertTriangle } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { answerOf, api, type Resource } from '../../api/client.ts';
import { JsonView } from '../../elements/json-view.tsx';
import { TextLink } from '../../elements/links.tsx';
import { Panel } from '../../elements/panel.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import attempt from '../../jobs/attempt.module.css';
import { bodyOf } from '../../jobs/sent-request.ts';
import { BLOCKED, PARTLY } from './reach-badge.tsx';
import type { SubscriptionSpec } from './subscription-draft.ts';

/** What is typed is asked about when the typing pauses. */
const PAUSE_MS = 400;

export function MessagePreview({ spec }: { spec: SubscriptionSpec | null }) {
  const [asked] = useDebouncedValue(JSON.stringify(spec), PAUSE_MS);
  const preview = useQuery({
    queryKey: ['subscription-preview', asked],
    queryFn: ({ signal }) =>
      answerOf(api.POST('/api/v1/subscriptions/preview', { body: JSON.parse(asked), signal })),
    enabled: asked !== 'null',
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  return (
    <Panel title="As it would go out">
      {spec === null && (
        <Text size="sm" c="dimmed">
          Say what it waits for and whom it tells, and this shows the request.
        </Text>
      )}
      {spec && preview.isError && <ProblemNote error={preview.error} />}
      {spec && preview.data && <Shown preview={preview.data} scope={spec.scope_id ?? null} />}
    </Panel>
  );
}

function Shown({ preview, scope }: { preview: Resource<'SubscriptionPreview'>; scope: string | null }) {
  const { job, request, reach, filter, filter_message: why } = preview;
  const problems = preview.problems as { message?: string; part?: string }[];
  return (
    <Stack gap="sm">
      {reach.blocked !== null && (
        <Alert
          color="red"
          variant="light"
          icon={<IconAlertTriangle size={18} />}
          title="It would tell nobody"
        >
          {BLOCKED[reach.blocked].why}{' '}
          {reach.blocked === 'not_supplied' && (
            <TextLink
              to="/admin/integrations/scopes"
              search={{ scope: scope ?? undefined }}
              size="sm"
              underline="always"
            >
              Supply it
            </TextLink>
          )}
        </Alert>
      )}
      {reach.blocked === null && reach.supply === 'part' && (
        <Alert color="yellow" variant="light" icon={<IconAlertTriangle size={18} />}>
          {PARTLY}
        </Alert>
      )}
      <Text size="sm" c="dimmed">
        {job === null ? (
          'There is no job in its scope yet, so this is an example.'
        ) : (
          <>
            Of the newest job,{' '}
            <TextLink to="/jobs/$jobId" params={{ jobId: job.id }} size="sm" underline="always">
              {job.key ?? 'without a key'}
            </TextLink>
            , as it is now.
          </>
        )}
        {filter !== 'true' && ` Of this one it would not tell: ${why ?? 'the filter does not hold'}.`}
      </Text>
      {problems.map(({ message, part }) => (
        <Text key={`${part} ${message}`} size="sm" c="var(--mantine-color-error)">
          {part && `${part}: `}
          {message}
        </Text>
      ))}
      {request && (
        <div>
          <p className={attempt.address}>
            <b>{request.method}</b> {request.url}
          </p>
          <dl className={attempt.headers}>
            {Object.entries(request.headers).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
          {request.body !== null && <JsonView value={bodyOf(request)} label="The body" maxHeight={420} />}
        </div>
      )}
    </Stack>
  );
}
