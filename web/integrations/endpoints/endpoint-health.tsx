// Why an endpoint is not told now: it fails, is not there at all, or asked for a pause. Circuit and pause can be ended from here.
import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Resource } from '../../api/client.ts';
import { Moment } from '../../elements/moment.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import card from '../connection-card.module.css';
import { closeEndpointCircuit, liftEndpointPause } from './endpoint-requests.ts';

interface Props {
  endpoint: Resource<'Endpoint'>;
  mayWrite: boolean;
}

export function EndpointHealth({ endpoint, mayWrite }: Props) {
  const queries = useQueryClient();
  const onSettled = () => queries.invalidateQueries({ queryKey: ['endpoints'] });
  const close = useMutation({
    mutationFn: () => closeEndpointCircuit(endpoint.id),
    onSettled,
  });
  const lift = useMutation({ mutationFn: () => liftEndpointPause(endpoint.id), onSettled });
  const { circuit, open_until: openUntil, last_error: error, failing_since: failingSince } = endpoint;
  const isFine = circuit === 'closed' && failingSince === null;
  return (
    <>
      {!isFine && (
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
      )}
      {close.isError && <ProblemNote error={close.error} />}
      {lift.isError && <ProblemNote error={lift.error} />}
      {endpoint.paused_until !== null && mayWrite && (
        <Button
          size="compact-sm"
          variant="default"
          style={{ alignSelf: 'start' }}
          loading={lift.isPending}
          onClick={() => lift.mutate()}
        >
          Lift the pause: send again at once
        </Button>
      )}
      {circuit !== 'closed' && mayWrite && (
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
