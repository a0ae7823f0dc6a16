// Who stands in the audit, by name. The log keeps ids, which stay when a person or a key is renamed or gone.
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { meQuery } from '../api/queries.ts';
import { apiKeysQuery, membersQuery } from '../settings/access-requests.ts';
import { useMay } from '../settings/permissions.tsx';

export interface Actors {
  known: readonly { actor: string; name: string }[];
  /** Whoever is not known here is shown as the log has them. */
  nameOf(actor: string): string;
}

export function useActors(): Actors {
  const may = useMay();
  const { data: me } = useQuery(meQuery);
  const { data: members } = useQuery({ ...membersQuery, enabled: may('member.read') });
  const { data: keys } = useQuery({ ...apiKeysQuery, enabled: may('api_key.read') });
  return useMemo(() => {
    const own = (actor: string) => (actor === me?.principal.actor ? ' (you)' : '');
    const known = [
      ...(members ?? []).map(({ id, name }) => ({ actor: `user:${id}`, name })),
      ...(keys ?? []).map(({ id, name }) => ({ actor: `key:${id}`, name: `API key ${name}` })),
      { actor: 'worker', name: 'The worker' },
      { actor: 'timer', name: 'A timer' },
    ].map(({ actor, name }) => ({ actor, name: name + own(actor) }));
    const names = new Map(known.map(({ actor, name }) => [actor, name]));
    return { known, nameOf: (actor) => names.get(actor) ?? actor };
  }, [me, members, keys]);
}
