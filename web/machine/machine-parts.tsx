// The parts a machine is drawn with: a state, the dot of an initial state, a line with its labels.
import {
  BaseEdge,
  type Edge,
  EdgeLabelRenderer,
  type EdgeProps,
  Handle,
  type Node,
  type NodeProps,
  Position,
} from '@xyflow/react';
import type { DrawnState, DrawnTransition } from './graph.ts';
import { type Box, type Point, roundedPath } from './layout.ts';
import classes from './machine-view.module.css';
import { NameText } from './name-text.tsx';
import { labelLine, rowsOf } from './sizes.ts';

export type StateData = { state: DrawnState; lit: boolean; visited: boolean; ended: boolean; count: number };
export type LineData = {
  points: readonly Point[];
  label: Box | null;
  transitions: readonly DrawnTransition[];
  lit: boolean;
};

function StateNode({ data: { state, lit, visited, ended, count } }: NodeProps<Node<StateData>>) {
  const rows = rowsOf(state);
  return (
    <div
      className={classes.state}
      data-kind={state.kind}
      data-lit={lit}
      data-visited={visited}
      data-ended={ended}
      data-state={state.path}
      title={state.description ?? undefined}
    >
      <Handles />
      {state.kind === 'history' ? (
        state.deep ? (
          'H*'
        ) : (
          'H'
        )
      ) : (
        <>
          <div className={classes.key}>
            <span>
              <NameText text={state.key} />
            </span>
            {count > 0 && (
              <span className={classes.count} title={`${count} active ${count === 1 ? 'job' : 'jobs'}`}>
                {count}
              </span>
            )}
          </div>
          {rows.length > 0 && (
            <ul className={classes.rows}>
              {rows.map(({ kind, text }, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: two rows of one state may say the same
                <li key={`${kind} ${i}`} title={text}>
                  <NameText text={text} />
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </div>
  );
}

function StartNode() {
  return (
    <div className={classes.start}>
      <Handles />
    </div>
  );
}

/** The library draws no line without them; ours are drawn where ELK puts them. */
function Handles() {
  const hidden = { opacity: 0, pointerEvents: 'none' } as const;
  return (
    <>
      <Handle type="target" position={Position.Left} style={hidden} isConnectable={false} />
      <Handle type="source" position={Position.Right} style={hidden} isConnectable={false} />
    </>
  );
}

function Line({ id, data }: EdgeProps<Edge<LineData>>) {
  if (!data) return null;
  const { points, label, transitions, lit } = data;
  const marker = `arrow-${lit ? 'lit' : 'plain'}`;
  return (
    <>
      <defs>
        <marker
          id={marker}
          viewBox="0 0 10 10"
          refX="9"
          refY="5"
          markerWidth="7"
          markerHeight="7"
          orient="auto"
        >
          <path
            d="M1,1 L9,5 L1,9"
            className={classes.line}
            data-lit={lit}
            fill="none"
            strokeLinejoin="round"
          />
        </marker>
      </defs>
      <BaseEdge
        id={id}
        path={roundedPath(points)}
        className={classes.line ?? ''}
        markerEnd={`url(#${marker})`}
        data-lit={lit}
        interactionWidth={0}
      />
      {label && (
        <EdgeLabelRenderer>
          <div
            className={`nopan ${classes.label}`}
            data-lit={lit}
            style={{ left: label.x, top: label.y, width: label.width, height: label.height }}
          >
            {transitions.map((transition) => (
              <span key={transition.pointer} title={fullLabel(transition)}>
                <NameText text={labelLine(transition)} />
              </span>
            ))}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
}

function fullLabel({ label, guard, actions }: DrawnTransition): string {
  const carried = actions.map(({ name, kind }) => name ?? kind).join(', ');
  return [label, guard !== null && `if ${guard}`, carried !== '' && `then ${carried}`]
    .filter(Boolean)
    .join('\n');
}

export const NODE_TYPES = { state: StateNode, start: StartNode };
export const EDGE_TYPES = { line: Line };
