// What stands before every page but the public ones: somebody must be signed in, and the API must know them.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Outlet, useMatches } from '@tanstack/react-router';
import { useEffect, useSyncExternalStore } from 'react';
import { asProblem, keepsFromShowing } from '../api/problem.ts';
import { meQuery } from '../api/queries.ts';
import { ChooseOrganisation } from '../session/choose-organisation.tsx';
import { lookForCookie } from '../session/look-for-cookie.ts';
import { session } from '../session/session.ts';
import { SignIn } from '../session/sign-in.tsx';
import { WholePageLoading, WholePageProblem } from './page-states.tsx';
import { Shell } from './shell.tsx';

/** The session is good, and the organisation is missing. */
const NO_ORGANISATION = ['tenant_not_chosen', 'tenant_not_found'];

export function SignedIn() {
  const isPublic = useMatches({ select: (matches) => matches.some((match) => match.staticData.isPublic) });
  const by = useSyncExternalStore(session.subscribe, session.by);

  useEffect(() => {
    if (by === 'asking') void lookForCookie();
  }, [by]);

  if (isPublic) return <Outlet />;
  if (by === 'asking') return <WholePageLoading />;
  if (by === 'nobody') return <SignIn />;
  return <Known key={by} />;
}

function Known() {
  const queries = useQueryClient();
  const me = useQuery(meQuery);

  // What one principal was shown, the next one must not see.
  useEffect(() => () => queries.clear(), [queries]);

  if (me.isError && NO_ORGANISATION.includes(asProblem(me.error).code)) return <ChooseOrganisation />;
  if (keepsFromShowing(me)) return <WholePageProblem error={me.error} onRetry={() => void me.refetch()} />;
  if (!me.data) return <WholePageLoading />;
  return (
    <Shell me={me.data}>
      <Outlet />
    </Shell>
  );
}

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    /** Shown to whoever comes, signed in or not. */
    isPublic?: boolean;
  }
}
