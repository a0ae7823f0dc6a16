// What has not changed since the last drawing stays the same object, so that it is not drawn anew.
import { useMemo, useRef } from 'react';
import { type Graph, graphOf } from '../../machine/graph.ts';
import type { OpenDesign } from '../use-design.ts';
import type { Arrangement } from './arrange.ts';
import { draw } from './draw.ts';
import { keptGraph, keptList } from './kept.ts';

export function useGraph({ definition }: OpenDesign): Graph {
  const before = useRef<Graph | null>(null);
  return useMemo(() => {
    before.current = keptGraph(before.current, graphOf(definition));
    return before.current;
  }, [definition]);
}

export function useKeptDrawing(
  graph: Graph,
  at: Arrangement,
  shown: Parameters<typeof draw>[2],
): ReturnType<typeof draw> {
  const before = useRef<ReturnType<typeof draw>>({ nodes: [], edges: [] });
  const { nodes, edges } = draw(graph, at, shown);
  before.current = {
    nodes: keptList(before.current.nodes, nodes, ({ id }) => id) as typeof nodes,
    edges: keptList(before.current.edges, edges, ({ id }) => id) as typeof edges,
  };
  return before.current;
}

/** An object of functions that stays the same object and calls the newest ones. */
export function useStable<T extends Record<string, (...given: never[]) => unknown>>(functions: T): T {
  const latest = useRef(functions);
  latest.current = functions;
  return useMemo(() => {
    const call =
      (name: string) =>
      (...given: never[]) =>
        latest.current[name]?.(...given);
    return Object.fromEntries(Object.keys(latest.current).map((name) => [name, call(name)])) as T;
  }, []);
}
