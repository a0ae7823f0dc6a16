// /designer/$workflow: a workflow that exists, at its latest version or another one.
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Definition } from '../../engine/definition.ts';
import { answerOf, api } from '../api/client.ts';
import { meQuery } from '../api/queries.ts';
import { WayBack } from '../elements/links.tsx';
import { PageProblem } from '../elements/page-problem.tsx';
import { PageLoading } from '../shell/page-states.tsx';
import { Designer } from './designer.tsx';
import { placesOf } from './document/places.ts';
import { draftsOf } from './saving/drafts.ts';
import type { Opened } from './use-design.ts';

/** Read once: what somebody else saves meanwhile must not change what is being edited. */
const openedQuery = (name: string, wanted: number | undefined) => ({
  queryKey: ['designer', name, wanted ?? 'latest'],
  queryFn: async ({ signal }: { signal: AbortSignal }) => {
    const path = { workflow: name };
    const workflow = await answerOf(api.GET('/api/v1/workflows/{workflow}', { params: { path }, signal }));
    const version = wanted ?? workflow.latest_version;
    if (version === null) return { workflow, version: null };
    const params = { path: { workflow: name, version } };
    const saved = await answerOf(
      api.GET('/api/v1/workflows/{workflow}/versions/{version}', { params, signal }),
    );
    return { workflow, version: saved };
  },
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: 0,
  refetchOnWindowFocus: false,
  refetchOnReconnect: false,
});

const EMPTY: Definition = { states: {} };

export function DesignerPage() {
  const { workflow: name } = useParams({ from: '/designer/$workflow' });
  const { version: wanted, job = null } = useSearch({ from: '/designer/$workflow' });
  const opened = useQuery(openedQuery(name, wanted));
  const { data: me } = useQuery(meQuery);
  if (opened.isError) {
    const trail = (
      <WayBack to="/workflows/$workflow" params={{ workflow: name }} search={{}}>
        {name}
      </WayBack>
    );
    const again = () => void opened.refetch();
    return <PageProblem title="Designer" trail={trail} error={opened.error} onRetry={again} />;
  }
  if (!opened.data || !me) return <PageLoading />;
  return <Open key={`${name} ${wanted ?? ''}`} {...opened.data} wanted={wanted} job={job} me={me} />;
}

type Answer = Awaited<ReturnType<ReturnType<typeof openedQuery>['queryFn']>>;

function Open({
  workflow,
  version,
  wanted,
  job,
  me,
}: Answer & {
  wanted: number | undefined;
  job: string | null;
  me: { tenant: { id: string }; permissions: readonly string[] };
}) {
  const navigate = useNavigate();
  const drafts = useMemo(() => draftsOf(me.tenant.id), [me.tenant.id]);
  // No name has a line break: the draft of an older version is never that of a workflow.
  const draftName = wanted === undefined ? workflow.name : `${workflow.name}\n${wanted}`;
  const readOnly = !me.permissions.includes('workflow.write');
  const start = useMemo(() => {
    const saved = version && {
      definition: version.definition as Definition,
      places: placesOf(version.layout),
    };
    const draft = readOnly ? null : drafts.read(draftName);
    const now = draft ?? saved ?? { definition: { id: workflow.name, ...EMPTY }, places: {} };
    const opened: Opened = {
      definition: now.definition,
      places: now.places,
      saved,
      basedOn: draft ? draft.basedOn : (workflow.latest_version ?? 0),
    };
    return { opened, restored: draft?.at ?? null };
  }, [drafts, draftName, readOnly, version, workflow]);
  return (
    <Designer
      {...start}
      workflow={workflow.name}
      version={version?.version ?? null}
      drafts={drafts}
      draftName={draftName}
      readOnly={readOnly}
      comparedJob={job}
      onCreated={(name) =>
        void navigate({ to: '/designer/$workflow', params: { workflow: name }, search: {} })
      }
    />
  );
}
