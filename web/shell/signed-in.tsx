// What stands before every page: somebody must be signed in, and the API must know them.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Outlet } from '@tanstack/react-router';
import { useEffect, useSyncExternalStore } from 'react';
import { meQuery } from '../api/queries.ts';
import { session } from '../session/session.ts';
import { SignIn } from '../session/sign-in.tsx';
import { WholePageLoading, WholePageProblem } from './page-states.tsx';
import { Shell } from './shell.tsx';

export function SignedIn() {
  const queries = useQueryClient();
  const exists = useSyncExternalStore(session.subscribe, session.exists);
  const me = useQuery({ ...meQuery, enabled: exists });

  // What one principal was shown, the next one must not see.
  useEffect(() => session.subscribe(() => queries.clear()), [queries]);

  if (!exists) return <SignIn />;
  if (me.isError) return <WholePageProblem error={me.error} onRetry={() => void me.refetch()} />;
  if (!me.data) return <WholePageLoading />;
  return (
    <Shell me={me.data}>
      <Outlet />
    </Shell>
  );
}
