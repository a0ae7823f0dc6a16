// The designer: one document, seen as a canvas, an outline or code, with what is selected in it beside.
import { Alert, Button, Center, Drawer, Loader, Tabs, VisuallyHidden } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useMemo, useRef, useState } from 'react';
import type { Definition } from '../../engine/definition.ts';
import { jobsPerStateQuery, WATCH_MS } from '../api/queries.ts';
import { Moment } from '../elements/moment.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { graphOf } from '../machine/graph.ts';
import { standingBy } from '../workflows/jobs-per-state.tsx';
import { commandsFor, type Question } from './commands/commands.ts';
import { Questions } from './commands/questions.tsx';
import { useKeys } from './commands/use-keys.ts';
import classes from './designer.module.css';
import { mayBeNamed, nameAt, namedAt, refusedAt } from './naming/names.ts';
import { Outline } from './outline/outline.tsx';
import { marksOf } from './problems/marks.ts';
import { ProblemList } from './problems/problem-list.tsx';
import { useProblems } from './problems/use-problems.ts';
import { Conflict } from './saving/conflict.tsx';
import { CreateWorkflow } from './saving/create-workflow.tsx';
import type { Drafts } from './saving/drafts.ts';
import { LeaveGuard } from './saving/leave-guard.tsx';
import { useSaving } from './saving/use-saving.ts';
import { spoken, spokenSelection } from './spoken.ts';
import { Toolbar, type View } from './toolbar.tsx';
import { type Opened, useDesign } from './use-design.ts';

const Canvas = lazy(async () => ({ default: (await import('./canvas/canvas.tsx')).Canvas }));
const Code = lazy(async () => ({ default: (await import('./code/code.tsx')).Code }));
const Panel = lazy(async () => ({ default: (await import('./panel/panel.tsx')).Panel }));
const Simulate = lazy(async () => ({ default: (await import('./simulate/simulate.tsx')).Simulate }));
const WhatIf = lazy(async () => ({ default: (await import('./what-if/what-if.tsx')).WhatIf }));
const Versions = lazy(async () => ({ default: (await import('./versions/versions.tsx')).Versions }));

export interface DesignerProps {
  opened: Opened;
  /** Its name; null when it has none yet. */
  workflow: string | null;
  /** The version that was opened; null when it is new. */
  version: number | null;
  drafts: Drafts;
  /** By which its draft is kept. */
  draftName: string;
  /** Milliseconds: what is shown is a draft from then. */
  restored: number | null;
  readOnly: boolean;
  /** A job that the document is to be compared with; null: none is asked about. */
  comparedJob: string | null;
  onCreated(name: string): void;
}

const NARROW = '(max-width: 62em)';

export function Designer(props: DesignerProps) {
  const { opened, workflow, version, drafts, draftName, readOnly } = props;
  const design = useDesign(opened, drafts, draftName);
  const { definition, selected } = design;
  const checked = useProblems(definition, workflow);
  const marks = useMemo(() => marksOf(checked.problems), [checked.problems]);
  const counts = useCounts(workflow, version);
  const selection = useMemo(() => spokenSelection(graphOf(definition), selected), [definition, selected]);
  const narrow = useMediaQuery(NARROW, undefined, { getInitialValueInEffect: false });
  const [view, setView] = useState<View>(narrow ? 'outline' : 'canvas');
  const [renaming, setRenaming] = useState<string | null>(null);
  const [question, setQuestion] = useState<Question | null>(null);
  const [creating, setCreating] = useState(false);
  const [unread, setUnread] = useState<{ text: string; of: Definition } | null>(null);
  const unreadText = unread?.of === definition ? unread.text : null;
  const [lit, setLit] = useState<ReadonlySet<string>>(NONE);
  const [sideOpen, setSideOpen] = useState(props.comparedJob !== null);
  const [restored, setRestored] = useState(props.restored);
  const leaving = useRef(false);
  const side = useRef<HTMLDivElement>(null);
  const saving = useSaving(design, workflow, () => setRestored(null));
  const save = workflow === null ? () => setCreating(true) : saving.save;

  const rename = (pointer: string) => {
    if (mayBeNamed(pointer)) setRenaming(pointer);
  };
  const commands = commandsFor({ design, readOnly, onAsk: setQuestion, onRename: rename });
  useKeys({ design, commands, readOnly, drawn: view !== 'code', onSave: save });

  function renamed(pointer: string, text: string | null): void {
    if (renaming !== pointer) return;
    setRenaming(null);
    if (text === null || text.trim() === nameAt(pointer)) return;
    const refused = refusedAt(definition, pointer, text);
    if (refused !== null) notifications.show({ message: refused, color: 'red' });
    else design.change('Rename', (now) => namedAt(now, pointer, text));
  }

  const openSide = () => {
    setSideOpen(true);
    side.current?.focus();
  };
  const light = useCallback((paths: readonly string[]) => setLit(new Set(paths)), []);
  const shared = {
    ...{ design, marks, counts, lit, renaming, onOpen: openSide },
    refused: (pointer: string, text: string) => refusedAt(definition, pointer, text),
    onRenamed: renamed,
  };
  const panel = (
    <Side
      {...{ design, checked, workflow, readOnly, onLit: light }}
      comparedJob={props.comparedJob}
      onOpenVersion={() => setRestored(null)}
    />
  );

  return (
    <div className={classes.designer} data-whole>
      <Toolbar
        {...{ design, workflow, version, view, commands, readOnly, saving: saving.saving }}
        onView={setView}
        onSave={save}
        onOpenSide={narrow ? openSide : null}
      />
      {restored !== null && design.changed && (
        <Alert className={classes.note} p={8} variant="light">
          These are your changes from <Moment at={new Date(restored).toISOString()} />, which are not saved
          yet.{' '}
          <Button
            size="compact-xs"
            variant="subtle"
            onClick={() => {
              if (opened.saved) design.replace('Discard the draft', opened.saved);
              setRestored(null);
            }}
            hidden={opened.saved === null}
          >
            Go back to what is saved
          </Button>
        </Alert>
      )}
      {saving.failure !== null && (
        <div className={classes.note}>
          <ProblemNote error={saving.failure} />
        </div>
      )}
      <div className={classes.body}>
        <div className={classes.main}>
          <Suspense fallback={<Loading />}>
            {view === 'canvas' && (
              <Canvas {...shared} readOnly={readOnly} onRename={(one) => one && rename(one)} />
            )}
            {view === 'outline' && <Outline {...shared} />}
            {view === 'code' && (
              <Code
                definition={definition}
                problems={checked.problems}
                pointer={selected}
                readOnly={readOnly}
                unread={unreadText}
                onUnread={(text) => setUnread(text === null ? null : { text, of: definition })}
                onChange={(next) => design.edit({ label: 'Edit the code', apply: () => next })}
              />
            )}
          </Suspense>
          <ProblemList checked={checked} onSelect={design.select} />
        </div>
        {narrow ? (
          <Drawer
            opened={sideOpen}
            onClose={() => setSideOpen(false)}
            position="bottom"
            size="80%"
            title="Details"
            closeButtonProps={{ 'aria-label': 'Close' }}
          >
            {panel}
          </Drawer>
        ) : (
          <section className={classes.side} ref={side} tabIndex={-1} aria-label="Details">
            {panel}
          </section>
        )}
      </div>
      <VisuallyHidden role="status">
        {spoken(design.deed, view === 'canvas' ? selection : null)}
      </VisuallyHidden>
      <Questions question={question} design={design} onClose={() => setQuestion(null)} />
      {workflow !== null && <Conflict saving={saving} design={design} workflow={workflow} />}
      <CreateWorkflow
        opened={creating}
        design={design}
        suggestion={definition.id ?? ''}
        onClose={() => setCreating(false)}
        onCreated={(name) => {
          leaving.current = true;
          design.saved(design, 1);
          props.onCreated(name);
        }}
      />
      <LeaveGuard
        unread={unreadText !== null}
        changed={design.changed && design.canUndo}
        leaving={leaving}
        onDiscard={() => design.saved({ definition, places: design.places }, design.basedOn)}
      />
    </div>
  );
}

const NONE: ReadonlySet<string> = new Set();

function Loading() {
  return (
    <Center flex={1}>
      <Loader size="sm" aria-label="Loading" />
    </Center>
  );
}

/** Active jobs of the version that was opened, as they move. */
function useCounts(workflow: string | null, version: number | null): ReadonlyMap<string, number> {
  const counts = useQuery({
    ...jobsPerStateQuery(workflow ?? ''),
    enabled: workflow !== null && version !== null,
    refetchInterval: WATCH_MS,
  });
  return useMemo(() => standingBy(counts.data?.items ?? [], version ?? 0), [counts.data, version]);
}

function Side({
  design,
  checked,
  workflow,
  readOnly,
  comparedJob,
  onLit,
  onOpenVersion,
}: {
  design: ReturnType<typeof useDesign>;
  checked: ReturnType<typeof useProblems>;
  workflow: string | null;
  readOnly: boolean;
  comparedJob: string | null;
  onLit(paths: readonly string[]): void;
  onOpenVersion(): void;
}) {
  const [tab, setTab] = useState<string | null>(comparedJob === null ? 'edit' : 'what-if');
  const { definition, selected } = design;
  return (
    <Tabs value={tab} onChange={setTab} keepMounted={false} className={classes.tabs}>
      <Tabs.List>
        <Tabs.Tab value="edit">Edit</Tabs.Tab>
        <Tabs.Tab value="simulate">Simulate</Tabs.Tab>
        {workflow !== null && <Tabs.Tab value="what-if">What if</Tabs.Tab>}
        {workflow !== null && <Tabs.Tab value="versions">Versions</Tabs.Tab>}
      </Tabs.List>
      <Suspense fallback={<Loading />}>
        <Tabs.Panel value="edit">
          <Panel
            definition={definition}
            pointer={selected ?? ''}
            problems={checked.problems}
            workflow={workflow}
            readOnly={readOnly}
            onEdit={design.edit}
            onSelect={design.select}
          />
        </Tabs.Panel>
        <Tabs.Panel value="simulate" p="md">
          <Simulate definition={definition} workflow={workflow} onLit={onLit} />
        </Tabs.Panel>
        {workflow !== null && (
          <Tabs.Panel value="what-if" p="md">
            <WhatIf definition={definition} workflow={workflow} first={comparedJob} onLit={onLit} />
          </Tabs.Panel>
        )}
        {workflow !== null && (
          <Tabs.Panel value="versions" p="md">
            <Versions
              workflow={workflow}
              definition={definition}
              onOpen={(next) => {
                design.edit({ label: 'Open a version', apply: () => next });
                onOpenVersion();
              }}
            />
          </Tabs.Panel>
        )}
      </Suspense>
    </Tabs>
  );
}
