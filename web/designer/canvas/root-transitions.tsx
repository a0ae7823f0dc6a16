// What every state hears has no line on the canvas, as the root is not drawn: it is listed.
import type { Graph } from '../../machine/graph.ts';
import classes from './canvas.module.css';

export function RootTransitions({
  graph,
  selected,
  onSelect,
}: {
  graph: Graph;
  selected: string | null;
  onSelect(pointer: string): void;
}) {
  const outside = graph.edges.filter(({ source }) => source === '').flatMap(({ transitions }) => transitions);
  const all = [...(graph.states[0]?.inner ?? []), ...outside];
  if (all.length === 0) return null;
  return (
    <div className={classes.root}>
      {all.map(({ pointer, label, target }) => (
        <button
          key={pointer}
          type="button"
          data-selected={pointer === selected}
          onClick={() => onSelect(pointer)}
        >
          {label} {target === null ? 'anywhere' : `→ ${target}`}
        </button>
      ))}
    </div>
  );
}
