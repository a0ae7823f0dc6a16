// A machine, drawn: what can be seen of a definition and of a job in it. Nothing here changes the definition.
import '@xyflow/react/dist/base.css';
import { Center, Loader, useComputedColorScheme, VisuallyHidden } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { Background, BackgroundVariant, Controls, type Edge, type Node, ReactFlow } from '@xyflow/react';
import { useEffect, useMemo, useState } from 'react';
import type { Definition } from '../../engine/definition.ts';
import { ProblemNote } from '../elements/problem-note.tsx';
import { layOut } from './elk.ts';
import { bestFit, placeOf } from './fit.ts';
import { graphOf, litPaths } from './graph.ts';
import type { Direction, Layout } from './layout.ts';
import { EDGE_TYPES, type LineData, NODE_TYPES } from './machine-parts.tsx';
import classes from './machine-view.module.css';
import './controls.css';

export interface MachineViewProps {
  definition: Definition;
  /** `current_state` of a job: lights it. */
  currentState?: string | undefined;
  /** The job has ended there. */
  ended?: boolean | undefined;
  /** States that the job has been in, as its transitions name them. */
  visited?: readonly string[] | undefined;
  /** The way it came last: `from` and `to` of its last transition. */
  lastStep?: { from: string | null; to: string } | undefined;
  /** Jobs that stand in a state, by path. */
  counts?: ReadonlyMap<string, number> | undefined;
  /** The canvas gets as tall as its drawing, and no taller than this. */
  maxHeight?: number;
}

/** More states are laid out one way only: the other would be thrown away. */
const BOTH_WAYS_STATES_MAX = 60;

export function MachineView({
  definition,
  currentState,
  ended,
  visited,
  lastStep,
  counts,
  maxHeight = 440,
}: MachineViewProps) {
  const scheme = useComputedColorScheme('light');
  const { ref, width } = useElementSize();
  const graph = useMemo(() => graphOf(definition), [definition]);
  const [layouts, setLayouts] = useState<Partial<Record<Direction, Layout>>>({});
  const [problem, setProblem] = useState<unknown>(null);

  useEffect(() => {
    let wanted = true;
    const down = graph.states.length > BOTH_WAYS_STATES_MAX ? undefined : layOut(graph, 'DOWN');
    Promise.all([layOut(graph, 'RIGHT'), down]).then(
      ([RIGHT, DOWN]) => wanted && setLayouts({ RIGHT, ...(DOWN && { DOWN }) }),
      (error) => wanted && setProblem(error),
    );
    return () => {
      wanted = false;
    };
  }, [graph]);

  const fit = useMemo(() => {
    if (width === 0) return null;
    const [lit] = (currentState ?? '').split(',');
    return bestFit(layouts, { width, maxHeight }, (layout) => placeOf(graph.states, layout, lit ?? ''));
  }, [graph, layouts, width, maxHeight, currentState]);
  const layout = fit && layouts[fit.direction];
  const drawing = useMemo(
    () => layout && draw(graph, layout, { currentState, ended, visited, lastStep, counts }),
    [graph, layout, currentState, ended, visited, lastStep, counts],
  );

  if (problem !== null) return <ProblemNote error={problem} />;
  return (
    <div ref={ref} className={classes.canvas} style={{ height: fit?.height ?? 300 }}>
      <VisuallyHidden>{inWords(graph, currentState)}</VisuallyHidden>
      {!fit || !drawing ? (
        <Center h="100%">
          <Loader size="sm" aria-label="Drawing the machine" />
        </Center>
      ) : (
        <ReactFlow
          // Anew when the place has changed: it begins with another view.
          key={`${fit.direction} ${width}`}
          aria-label="The machine, drawn"
          colorMode={scheme}
          nodes={drawing.nodes}
          edges={drawing.edges}
          nodeTypes={NODE_TYPES}
          edgeTypes={EDGE_TYPES}
          defaultViewport={fit.viewport}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          // A page scrolls; a drawing is zoomed by its buttons or by pinching.
          zoomOnScroll={false}
          preventScrolling={false}
          minZoom={0.02}
          maxZoom={2}
          onlyRenderVisibleElements={drawing.nodes.length > BOTH_WAYS_STATES_MAX}
          proOptions={{ hideAttribution: true }}
        >
          <Background variant={BackgroundVariant.Dots} gap={18} size={1.2} />
          <Controls
            showInteractive={false}
            position="bottom-right"
            fitViewOptions={{ padding: 0.06, maxZoom: 1.1 }}
          />
        </ReactFlow>
      )}
    </div>
  );
}

type JobInIt = Omit<MachineViewProps, 'definition' | 'maxHeight'>;

function draw(
  graph: ReturnType<typeof graphOf>,
  layout: Layout,
  job: JobInIt,
): { nodes: Node[]; edges: Edge[] } {
  const lit = job.currentState === undefined ? new Set<string>() : litPaths(job.currentState);
  const visited = new Set((job.visited ?? []).flatMap((state) => [...litPaths(state)]));
  const nodes: Node[] = [];
  for (const state of graph.states) {
    const box = layout.states.get(state.path);
    if (state.parent !== null && box) {
      nodes.push({
        id: state.path,
        type: 'state',
        position: { x: box.x, y: box.y },
        width: box.width,
        height: box.height,
        ...(state.parent !== '' && { parentId: state.parent }),
        data: {
          state,
          lit: lit.has(state.path),
          visited: visited.has(state.path),
          ended: job.ended ?? false,
          count: job.counts?.get(state.path) ?? 0,
        },
      });
    }
    const dot = layout.starts.get(state.path);
    if (dot) {
      nodes.push({
        id: `start:${state.path}`,
        type: 'start',
        position: { x: dot.x, y: dot.y },
        width: dot.width,
        height: dot.height,
        ...(state.path !== '' && { parentId: state.path }),
        data: {},
      });
    }
  }
  const last = job.lastStep;
  const [from, to] = [
    last?.from ? litPaths(last.from) : new Set<string>(),
    last ? litPaths(last.to) : new Set<string>(),
  ];
  const edges = [...layout.lines].map(([id, { points, label }]): Edge<LineData> => {
    const edge = graph.edges.find((one) => one.id === id);
    const path = id.slice('start:'.length);
    const initial = edge
      ? null
      : (graph.states.find(({ parent, initial }) => parent === path && initial)?.path ?? '');
    return {
      id,
      type: 'line',
      source: edge?.source ?? `start:${path}`,
      target: edge?.target ?? initial ?? '',
      zIndex: 1,
      data: {
        points,
        label,
        transitions: edge?.transitions ?? [],
        lit: edge !== undefined && from.has(edge.source) && to.has(edge.target),
      },
    };
  });
  return { nodes, edges };
}

/** The drawing for those who do not see it. */
function inWords({ states, edges }: ReturnType<typeof graphOf>, currentState: string | undefined): string {
  const ways = edges.map(
    ({ source, target, transitions }) =>
      `${transitions.map(({ label }) => label).join(' or ')} leads from ${source || 'anywhere'} to ${target}.`,
  );
  const names = states.filter(({ parent }) => parent !== null).map(({ path }) => path);
  const now = currentState === undefined ? '' : ` The job is in ${currentState}.`;
  return `A machine with the states ${names.join(', ')}.${now} ${ways.join(' ')}`;
}
