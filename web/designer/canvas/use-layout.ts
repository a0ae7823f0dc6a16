// The layout of the graph that is shown, made anew when what is drawn changes. One is made at a time; of those that are
// asked for meanwhile only the last.
import { useEffect, useRef, useState } from 'react';
import { layOut } from '../../machine/elk.ts';
import type { Graph } from '../../machine/graph.ts';
import type { Direction, Layout } from '../../machine/layout.ts';
import { labelSizeOf, sizeOf } from '../../machine/sizes.ts';

/** All that a layout depends on. */
function shapeOf(graph: Graph): string {
  const states = graph.states.map((state) => [state.path, state.initial, ...Object.values(sizeOf(state))]);
  const edges = graph.edges.map((edge) => [edge.id, ...Object.values(labelSizeOf(edge))]);
  return JSON.stringify([states, edges]);
}

export function useLayout(
  graph: Graph,
  direction: Direction,
): { layout: Layout | null; problem: unknown; current: boolean } {
  const [made, setMade] = useState<{ layout: Layout; shape: string } | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const wanted = useRef<{ graph: Graph; direction: Direction; shape: string } | null>(null);
  const running = useRef(false);
  const alive = useRef(true);
  const shape = `${direction} ${shapeOf(graph)}`;

  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
    };
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the shape says what of the graph matters here
  useEffect(() => {
    wanted.current = { graph, direction, shape };
    if (running.current) return;
    const run = async (): Promise<void> => {
      running.current = true;
      while (wanted.current !== null && alive.current) {
        const { graph, direction, shape } = wanted.current;
        wanted.current = null;
        const layout = await layOut(graph, direction);
        if (alive.current) setMade({ layout, shape });
      }
      running.current = false;
    };
    run().catch((error) => {
      running.current = false;
      setProblem(error);
    });
  }, [shape]);

  return { layout: made?.layout ?? null, problem, current: made?.shape === shape };
}
