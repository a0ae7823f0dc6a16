// What signs for an endpoint and cannot be read any more since the keys of the organisation were shredded. What does not sign
// for it stops nothing.
import type { Resource } from '../../api/client.ts';

interface Of {
  endpoint: Pick<Resource<'Endpoint'>, 'signed_by' | 'secret_shredded'>;
  /** Of the organisation; the current one first. */
  keys: readonly Pick<Resource<'SigningKey'>, 'secret_shredded'>[];
}

/** What to do about each, as sentences. */
export function unreadableOf({ endpoint: { signed_by: by, secret_shredded: secret }, keys }: Of): string[] {
  return [
    ...(secret && by !== 'key'
      ? [
          'The secret cannot be read any more: the keys of the organisation were shredded. Rotate, and give the receiver the new one.',
        ]
      : []),
    ...(keys[0]?.secret_shredded && by !== 'secret'
      ? ["Nobody can sign by the organisation's key any more: its keys were shredded. Rotate the key, below."]
      : []),
  ];
}
