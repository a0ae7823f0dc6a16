// The canvas: the machine, drawn, to be changed by pointer and by keyboard.
import '@xyflow/react/dist/base.css';
import '../../machine/controls.css';
import { Center, Loader, useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { IconLayoutGrid } from '@tabler/icons-react';
import {
  Background,
  BackgroundVariant,
  ControlButton,
  Controls,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from '@xyflow/react';
import { type KeyboardEvent, type MouseEvent, useEffect, useMemo, useRef, useState } from 'react';
import { ProblemNote } from '../../elements/problem-note.tsx';
import type { Graph } from '../../machine/graph.ts';
import type { Direction, Layout, Point } from '../../machine/layout.ts';
import { pathOf, stateOf } from '../document/pointers.ts';
import { addState, moveState } from '../document/states.ts';
import type { Marks } from '../problems/marks.ts';
import type { OpenDesign } from '../use-design.ts';
import { type Arrangement, arrange } from './arrange.ts';
import classes from './canvas.module.css';
import { CanvasContext } from './canvas-actions.ts';
import { Arrows, EDGE_TYPES, NODE_TYPES } from './canvas-parts.tsx';
import { type Arrow, carried, freePlace, frozen, hostOf, nextState, placeIn, stepped } from './moves.ts';
import { RootTransitions } from './root-transitions.tsx';
import { useDirection } from './use-direction.ts';
import { useGraph, useKeptDrawing, useStable } from './use-kept.ts';
import { useLayout } from './use-layout.ts';
import { useLineDrag } from './use-line-drag.tsx';
import { useFirstView, useSelectedInView } from './use-view.ts';

export interface CanvasProps {
  design: OpenDesign;
  marks: Marks;
  counts: ReadonlyMap<string, number>;
  /** Paths of states that a simulation is in. */
  lit: ReadonlySet<string>;
  readOnly: boolean;
  /** The pointer of what is being named. */
  renaming: string | null;
  onRename(pointer: string | null): void;
  refused(pointer: string, text: string): string | null;
  onRenamed(pointer: string, text: string | null): void;
  /** Goes on to what can be said about what is selected. */
  onOpen(): void;
}

/** More of them are drawn only where they are seen. */
const DRAWN_ALL_MAX = 60;
const NUDGE_PX = 10;

export function Canvas(props: CanvasProps) {
  const { ref, width, height } = useElementSize();
  const graph = useGraph(props.design);
  const direction = useDirection(graph, { width, height });
  return (
    <div ref={ref} style={{ display: 'flex', flex: 1, minWidth: 0, minHeight: 0 }}>
      {direction === null ? (
        <Drawing />
      ) : (
        <ReactFlowProvider>
          <Laid {...props} graph={graph} direction={direction} place={{ width, height }} />
        </ReactFlowProvider>
      )}
    </div>
  );
}

function Drawing() {
  return (
    <Center flex={1} h="100%">
      <Loader size="sm" aria-label="Drawing the machine" />
    </Center>
  );
}

type LaidProps = CanvasProps & {
  graph: Graph;
  direction: Direction;
  place: { width: number; height: number };
};

function Laid(props: LaidProps) {
  const isPut = Object.keys(props.design.places).length > 0;
  const { layout, problem } = useLayout(props.graph, props.direction, isPut);
  if (problem !== null) return <ProblemNote error={problem} />;
  return layout === null ? <Drawing /> : <Shown {...props} layout={layout} />;
}

function Shown({ layout, ...props }: LaidProps & { layout: Layout }) {
  const { design, graph, readOnly, renaming, marks, counts, lit } = props;
  const scheme = useComputedColorScheme('light');
  const flow = useReactFlow();
  const frame = useRef<HTMLDivElement>(null);
  const [held, setHeld] = useState<(Point & { path: string }) | null>(null);
  const resting = useMemo(() => arrange(graph, layout, design.places), [graph, layout, design.places]);
  const at = useMemo(
    () => (held ? arrange(graph, layout, design.places, held) : resting),
    [graph, layout, design.places, held, resting],
  );
  const { stand } = design;
  useEffect(() => {
    stand(() => frozen(resting));
    return () => stand(null);
  }, [stand, resting]);
  const line = useLineDrag({ design, frame, onRename: props.onRename, toFrozen: () => frozen(resting) });
  const host = held ? hostOf(graph, heldOver(resting, at, held.path), held.path) : line.over;
  const { selected } = design;
  const shown = { selected, renaming, marks, counts, lit, host, readOnly };
  const drawing = useKeptDrawing(graph, at, shown);
  useSelectedInView(design.selected, resting, props.place, held !== null);

  const pointerOf = (path: string) => graph.states.find((state) => state.path === path)?.pointer ?? '';
  const actions = useStable({
    select: design.select,
    rename: props.onRename,
    refused: props.refused,
    renamed: props.onRenamed,
    startLine: line.start,
    focus: () => frame.current?.focus({ preventScroll: true }),
  });
  const context = useMemo(() => ({ ...actions, readOnly }), [actions, readOnly]);

  function drop(path: string): void {
    setHeld(null);
    if (!held) return;
    const into = hostOf(graph, heldOver(resting, at, path), path);
    const wanted = placeIn(graph, at, path, into);
    const place = freePlace(graph, resting, { path, host: into, wanted });
    const before = frozen(resting);
    const parent = graph.states.find((state) => state.path === path)?.parent;
    if (into === parent) {
      design.put({ ...before, [path]: place });
      return;
    }
    design.change(
      'Move into another state',
      (definition) => moveState(definition, pointerOf(path), pointerOf(into)),
      ({ pointer }) => {
        const to = pathOf(pointer);
        const { [path]: _, ...others } = before;
        return { ...others, ...carried(before, path, to), [to]: place };
      },
    );
  }

  function addAt(event: MouseEvent): void {
    if (readOnly || !(event.target as Element).classList.contains('react-flow__pane')) return;
    const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const before = frozen(resting);
    const made = design.change(
      'Add a state',
      (definition) => addState(definition, ''),
      ({ pointer }) => ({ ...before, [pathOf(pointer)]: { x: Math.round(x - 48), y: Math.round(y - 17) } }),
    );
    if (made) props.onRename(made.pointer);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey) return;
    const path = pathOf(design.selected ?? '');
    if (event.key === 'Enter' && design.selected !== null) props.onOpen();
    else if (event.key === 'Escape') design.select(null);
    else if (event.key === '[' || event.key === ']') stepThrough(event.key === ']' ? 1 : -1);
    else if (!event.key.startsWith('Arrow')) return;
    else if (event.altKey) {
      const place = stepped(graph, resting, { path, arrow: event.key as Arrow, byPx: NUDGE_PX });
      if (place && !readOnly) design.put({ ...frozen(resting), [path]: place });
    } else {
      const next = nextState(resting, path, event.key as Arrow);
      if (next !== null) design.select(pointerOf(next));
    }
    event.preventDefault();
  }

  /** The transitions of the state that is selected, one after the other. */
  function stepThrough(by: 1 | -1): void {
    const state = stateOf(design.selected ?? '');
    const all = [
      ...graph.states.flatMap(({ inner }) => inner),
      ...graph.edges.flatMap(({ transitions }) => transitions),
    ].filter(({ pointer }) => stateOf(pointer) === state);
    const now = all.findIndex(({ pointer }) => pointer === design.selected);
    const next = all[(now + by + all.length) % all.length] ?? all[0];
    if (next) design.select(next.pointer);
  }

  return (
    <div
      ref={frame}
      className={classes.canvas}
      role="application"
      aria-label="The machine, drawn"
      aria-describedby="canvas-keys"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys go from state to state in it
      tabIndex={0}
      onKeyDown={onKeyDown}
      onDoubleClick={addAt}
    >
      <span id="canvas-keys" hidden>
        Arrow keys go from state to state, brackets through its transitions, Enter to what can be said about
        it. Press ? for all keys. The outline shows the same as a list.
      </span>
      <Arrows />
      <CanvasContext.Provider value={context}>
        <ReactFlow
          colorMode={scheme}
          nodes={drawing.nodes}
          edges={drawing.edges}
          nodeTypes={NODE_TYPES}
          edgeTypes={EDGE_TYPES}
          defaultViewport={useFirstView(layout, resting, props.place)}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          disableKeyboardA11y
          deleteKeyCode={null}
          nodeDragThreshold={4}
          onNodeClick={(_, { id }) => focusAnd(() => design.select(pointerOf(id)))}
          onEdgeClick={(_, { data }) => {
            const [first] = (data as { transitions: readonly { pointer: string }[] }).transitions;
            if (first) focusAnd(() => design.select(first.pointer));
          }}
          onPaneClick={() => focusAnd(() => design.select(null))}
          onNodeDrag={(_, { id, position }) => setHeld({ path: id, ...position })}
          onNodeDragStop={(_, { id }) => drop(id)}
          panOnScroll
          zoomOnDoubleClick={false}
          zIndexMode="manual"
          minZoom={0.02}
          maxZoom={2}
          onlyRenderVisibleElements={drawing.nodes.length > DRAWN_ALL_MAX}
          proOptions={{ hideAttribution: true }}
        >
          <Background variant={BackgroundVariant.Dots} gap={18} size={1.2} />
          <Controls
            showInteractive={false}
            position="bottom-right"
            orientation="horizontal"
            fitViewOptions={{ padding: 0.06, maxZoom: 1.1 }}
          >
            {!readOnly && (
              <ControlButton
                onClick={() => design.put({})}
                disabled={Object.keys(design.places).length === 0}
                title="Arrange"
                aria-label="Arrange all states anew"
              >
                <IconLayoutGrid style={{ fill: 'none', maxWidth: 14 }} />
              </ControlButton>
            )}
          </Controls>
          {line.drawn}
        </ReactFlow>
      </CanvasContext.Provider>
      <RootTransitions graph={graph} selected={design.selected} onSelect={design.select} />
      {graph.states.length === 1 && (
        <div className={classes.hint}>Double-click to put the first state here, or press S.</div>
      )}
    </div>
  );

  function focusAnd(run: () => void): void {
    frame.current?.focus({ preventScroll: true });
    run();
  }
}

/** Where it is dragged to, over the others as they stand. */
const heldOver = (resting: Arrangement, at: Arrangement, path: string): Arrangement => ({
  ...resting,
  absolute: new Map([
    ...resting.absolute,
    [path, at.absolute.get(path) ?? { x: 0, y: 0, width: 0, height: 0 }],
  ]),
});
