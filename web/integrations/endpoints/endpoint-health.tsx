// Why an endpoint is not told now: it fails, is not there at all, or asked for a pause. Circuit and pause can be ended from here.
import type { Resource } from '../../api/client.ts';
import { Moment } from '../../elements/moment.tsx';
import card from '../connection-card.module.css';
import { SendAgain } from '../send-again.tsx';
import { closeEndpointCircuit, liftEndpointPause } from './endpoint-requests.ts';

interface Props {
  endpoint: Resource<'Endpoint'>;
  mayWrite: boolean;
}

export function EndpointHealth({ endpoint, mayWrite }: Props) {
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
      {mayWrite && (
        <>
          <SendAgain
            what="pause"
            held={endpoint.paused_until !== null}
            list="endpoints"
            end={() => liftEndpointPause(endpoint.id)}
          />
          <SendAgain
            what="circuit"
            held={circuit !== 'closed'}
            list="endpoints"
            end={() => closeEndpointCircuit(endpoint.id)}
          />
        </>
      )}
    </>
  );
}
