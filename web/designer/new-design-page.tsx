// /designer: what a new workflow begins with, then the designer on it. Until it is saved it is a draft of this browser.
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Definition } from '../../engine/definition.ts';
import { meQuery } from '../api/queries.ts';
import { PageLoading } from '../shell/page-states.tsx';
import { Designer } from './designer.tsx';
import { Gallery } from './gallery/gallery.tsx';
import { type Drafts, draftsOf, NEW } from './saving/drafts.ts';

export function NewDesignPage() {
  const { draft: wanted } = useSearch({ from: '/designer' });
  const { data: me } = useQuery(meQuery);
  const tenant = me?.tenant.id;
  const drafts = useMemo(() => (tenant === undefined ? null : draftsOf(tenant)), [tenant]);
  if (!drafts || !me) return <PageLoading />;
  return wanted === 'new' ? (
    <Draft drafts={drafts} readOnly={!me.permissions.includes('workflow.write')} />
  ) : (
    <Beginning drafts={drafts} />
  );
}

function Beginning({ drafts }: { drafts: Drafts }) {
  const navigate = useNavigate();
  const goOn = () => void navigate({ to: '/designer', search: { draft: 'new' } });
  return (
    <Gallery
      draft={drafts.read(NEW)}
      onContinue={goOn}
      onBegin={(definition: Definition) => {
        drafts.write(NEW, { definition, places: {}, basedOn: null, at: Date.now() });
        goOn();
      }}
    />
  );
}

const NOTHING: Definition = { id: 'workflow', initial: 'start', states: { start: {} } };

function Draft({ drafts, readOnly }: { drafts: Drafts; readOnly: boolean }) {
  const navigate = useNavigate();
  const draft = useMemo(() => drafts.read(NEW), [drafts]);
  return (
    <Designer
      opened={{
        definition: draft?.definition ?? NOTHING,
        places: draft?.places ?? {},
        basedOn: null,
        saved: null,
      }}
      workflow={null}
      version={null}
      drafts={drafts}
      draftName={NEW}
      restored={null}
      comparedJob={null}
      readOnly={readOnly}
      onCreated={(workflow) =>
        void navigate({ to: '/designer/$workflow', params: { workflow }, search: { version: undefined } })
      }
    />
  );
}
