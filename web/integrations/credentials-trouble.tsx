// Why nothing can be sent with the credentials of a connection, and what to do about it.
import type { Resource } from '../api/client.ts';
import { Moment } from '../elements/moment.tsx';
import classes from './connection-card.module.css';

export function CredentialsTrouble({ connection }: { connection: Resource<'Connection'> }) {
  const { flag, flagged_at: flaggedAt } = connection;
  if (connection.credentials_shredded)
    return (
      <p className={classes.flag} role="status">
        The credentials cannot be read any more: the keys of the organisation were shredded. Rotate: enter
        them anew.
      </p>
    );
  if (flag === null) return null;
  return (
    <p className={classes.flag} role="status">
      The provider refused the credentials
      {flaggedAt && (
        <>
          {' '}
          <Moment at={flaggedAt} />
        </>
      )}
      : {flag.replace(/\.$/, '')}. Rotate them.
    </p>
  );
}
