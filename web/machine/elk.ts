// ELK in a worker of its own, started when the first machine is drawn: laying out 200 states must not hold the page up.
import ELK from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import type { Graph } from './graph.ts';
import { type Direction, type Layout, layoutOf } from './layout.ts';

let elk: InstanceType<typeof ELK> | null = null;

export function layOut(graph: Graph, direction: Direction): Promise<Layout> {
  elk ??= new ELK({ workerFactory: () => new Worker(workerUrl) });
  return layoutOf(graph, elk, direction);
}
