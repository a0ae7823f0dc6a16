// Which way a machine runs on this canvas: decided once, when it is opened, so that nothing turns while it is edited.
import { useEffect, useState } from 'react';
import { layOut } from '../../machine/elk.ts';
import { bestFit } from '../../machine/fit.ts';
import type { Graph } from '../../machine/graph.ts';
import type { Direction } from '../../machine/layout.ts';

/** Larger machines run to the right: laying them out twice takes longer than it is worth. */
const BOTH_WAYS_STATES_MAX = 60;

export function useDirection(
  graph: Graph,
  { width, height }: { width: number; height: number },
): Direction | null {
  const [direction, setDirection] = useState<Direction | null>(null);
  const ready = width > 0 && direction === null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: decided once
  useEffect(() => {
    if (!ready) return;
    if (graph.states.length > BOTH_WAYS_STATES_MAX || graph.states.length < 3) {
      setDirection('RIGHT');
      return;
    }
    let wanted = true;
    Promise.all([layOut(graph, 'RIGHT'), layOut(graph, 'DOWN')]).then(
      ([RIGHT, DOWN]) => {
        const fit = bestFit({ RIGHT, DOWN }, { width, maxHeight: height }, () => null);
        if (wanted) setDirection(fit?.direction ?? 'RIGHT');
      },
      // What is wrong with it is said by the layout that follows.
      () => wanted && setDirection('RIGHT'),
    );
    return () => {
      wanted = false;
    };
  }, [ready]);
  return direction;
}
