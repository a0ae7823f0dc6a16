// The layout of the graph that is shown. It is made once for a graph whose states somebody has put where they stand, and
// anew with each change while nobody has. One is made at a time; of those that are asked for meanwhile only the last.
import { useEffect, useMemo, useRef, useState } from 'react';
import { layOut } from '../../machine/elk.ts';
import type { Graph } from '../../machine/graph.ts';
import type { Direction, Layout } from '../../machine/layout.ts';
import { labelSizeOf, sizeOf } from '../../machine/sizes.ts';
import { renamedLayout } from './renamed-layout.ts';

interface Made {
  layout: Layout;
  graph: Graph;
}

/** All that a layout depends on. */
function shapeOf(graph: Graph): string {
  const states = graph.states.map((state) => [state.path, state.initial, ...Object.values(sizeOf(state))]);
  const edges = graph.edges.map((edge) => [edge.id, ...Object.values(labelSizeOf(edge))]);
  return JSON.stringify([states, edges]);
}

export function useLayout(
  graph: Graph,
  direction: Direction,
  isPut: boolean,
): { layout: Layout | null; problem: unknown } {
  const [made, setMade] = useState<Made | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const wanted = useRef<{ graph: Graph; direction: Direction } | null>(null);
  const running = useRef(false);
  const alive = useRef(true);
  const shape = `${direction} ${shapeOf(graph)}`;

  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
    };
  }, []);

  const known = made !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the shape says what of the graph matters here
  useEffect(() => {
    // Another layout would lead the lines of what stands still elsewhere.
    if (isPut && known) return;
    wanted.current = { graph, direction };
    if (running.current) return;
    const run = async (): Promise<void> => {
      running.current = true;
      while (wanted.current !== null && alive.current) {
        const { graph, direction } = wanted.current;
        wanted.current = null;
        const layout = await layOut(graph, direction);
        if (alive.current) setMade({ layout, graph });
      }
      running.current = false;
    };
    run().catch((error) => {
      running.current = false;
      setProblem(error);
    });
  }, [shape, isPut]);

  return { layout: useRenamed(made, graph), problem };
}

/** What was made, under the names that states have now. */
function useRenamed(made: Made | null, graph: Graph): Layout | null {
  const last = useRef<{ of: Made; now: Made } | null>(null);
  return useMemo(() => {
    if (made === null) return null;
    const before = last.current?.of === made ? last.current.now : made;
    const layout = renamedLayout(before.layout, before.graph, graph);
    last.current = { of: made, now: { layout, graph } };
    return layout;
  }, [made, graph]);
}
