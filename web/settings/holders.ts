// Who can hold roles and be in groups, by name: people, groups and API keys.
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { apiKeysQuery, groupsQuery, membersQuery } from './access-requests.ts';
import type { Holder } from './change-roles.tsx';

export interface Holders {
  all: readonly Holder[];
  /** What nobody here knows is shown as it is: the `sub` of a token, a group that an identity provider names. */
  nameOf(type: Holder['type'], id: string): string;
}

export function useHolders(): Holders {
  const { data: members } = useQuery(membersQuery);
  const { data: groups } = useQuery(groupsQuery);
  const { data: keys } = useQuery(apiKeysQuery);
  return useMemo(() => {
    const all: Holder[] = [
      ...(members ?? []).map(({ id, name, email }) => ({
        type: 'user' as const,
        id,
        name: `${name} (${email})`,
      })),
      ...(groups ?? []).map(({ id, name }) => ({ type: 'group' as const, id, name })),
      ...(keys ?? [])
        .filter(({ revoked_at: revokedAt }) => revokedAt === null)
        .map(({ id, name }) => ({ type: 'service' as const, id, name })),
    ];
    const names = new Map(all.map(({ type, id, name }) => [`${type} ${id}`, name]));
    return { all, nameOf: (type, id) => names.get(`${type} ${id}`) ?? id };
  }, [members, groups, keys]);
}
