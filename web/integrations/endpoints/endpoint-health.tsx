// Why an endpoint is not told now: it fails, or is not there at all. Its circuit can be closed from here.
import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Resource } from '../../api/client.ts';
import { Moment } from '../../elements/moment.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import card from '../connection-card.module.css';
import { closeEndpointCircuit } from './endpoint-requests.ts';

interface Props {
  endpoint: Resource<'Endpoint'>;
  mayClose: boolean;
}

export function EndpointHealth({ endpoint, mayClose }: Props) {
  const queries = useQueryClient();
  const close = useMutation({
    mutationFn: () => closeEndpointCircuit(endpoint.id),
    onSettled: () => queries.invalidateQueries({ queryKey: ['endpoints'] }),
  });
  const { circuit, open_until: openUntil, last_error: error, failing_since: failingSince } = endpoint;
  if (circuit === 'closed' && failingSince === null) return null;
  return (
    <>
      <p className={card.flag} role="status">
        {failingSince !== null && (
          <>
            No request has succeeded; it began <Moment at={failingSince} />.{' '}
          </>
        )}
        {circuit !== 'closed' && error && `${error.message} `}
        {circuit === 'half_open' && 'One request finds out whether it is back.'}
        {circuit === 'open' && openUntil !== null && (
          <>
            What is due waits; next try: <Moment at={openUntil} />.
          </>
        )}
      </p>
      {close.isError && <ProblemNote error={close.error} />}
      {circuit !== 'closed' && mayClose && (
        <Button
          size="compact-sm"
          variant="default"
          style={{ alignSelf: 'start' }}
          loading={close.isPending}
          onClick={() => close.mutate()}
        >
          Close the circuit: send again at once
        </Button>
      )}
    </>
  );
}
