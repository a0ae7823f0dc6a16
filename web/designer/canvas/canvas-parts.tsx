// What the canvas is made of: states that can be named, dragged and connected; lines whose ends can be led elsewhere.
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
import { memo } from 'react';
import type { DrawnState, DrawnTransition } from '../../machine/graph.ts';
import { type Box, type Point, roundedPath } from '../../machine/layout.ts';
import drawing from '../../machine/machine-view.module.css';
import { NameText } from '../../machine/name-text.tsx';
import { labelLine, rowsOf } from '../../machine/sizes.ts';
import { NameField } from '../naming/name-field.tsx';
import { nameAt } from '../naming/names.ts';
import type { Mark } from '../problems/marks.ts';
import classes from './canvas.module.css';
import { type LineDrag, useCanvas } from './canvas-actions.ts';

export type StateData = {
  state: DrawnState;
  lit: boolean;
  count: number;
  /** What of it is selected: its own pointer, or that of something in it. */
  selected: string | null;
  mark: Mark | null;
  /** Somebody is about to drop something into it. */
  host: boolean;
  /** The pointer of what is being named: its own, or that of something in it. */
  renaming: string | null;
};

export type LineData = {
  points: readonly Point[];
  label: Box | null;
  transitions: readonly DrawnTransition[];
  /** The one of `transitions` that is selected. */
  selected: string | null;
  renaming: string | null;
  mark: Mark | null;
};

const StateNode = memo(({ data }: NodeProps<Node<StateData>>) => {
  const { state, lit, count, selected, mark, host } = data;
  const renaming = data.renaming === state.pointer;
  const canvas = useCanvas();
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keyboard does the same on the canvas as a whole
    <div
      className={`${drawing.state} ${classes.state}`}
      data-kind={state.kind}
      data-lit={lit}
      data-state={state.path}
      data-selected={selected === state.pointer}
      data-mark={mark?.severity}
      data-host={host}
      title={mark?.text ?? state.description ?? undefined}
      onDoubleClick={(event) => {
        event.stopPropagation();
        canvas.rename(state.pointer);
      }}
    >
      <Hidden />
      {state.kind === 'history' && !renaming ? (
        state.deep ? (
          'H*'
        ) : (
          'H'
        )
      ) : (
        <>
          <div className={drawing.key}>
            {renaming ? (
              <Name pointer={state.pointer} label="Name of the state" />
            ) : (
              <span>
                <NameText text={state.key} />
              </span>
            )}
            {mark && <span className={classes.mark} data-severity={mark.severity} aria-hidden />}
            {count > 0 && (
              <span className={drawing.count} title={`${count} active ${count === 1 ? 'job' : 'jobs'}`}>
                {count}
              </span>
            )}
          </div>
          <Rows state={state} selected={selected} renaming={data.renaming} />
        </>
      )}
      {!canvas.readOnly && state.kind !== 'final' && state.kind !== 'history' && (
        <span
          className={`nodrag nopan ${classes.grip}`}
          data-grip={state.path}
          title="Drag to another state"
          onPointerDown={(event) => canvas.startLine({ what: 'new', source: state.pointer }, event)}
        />
      )}
    </div>
  );
});

/** What a state says beside its name; each line is selected by a click. */
function Rows({
  state,
  selected,
  renaming,
}: {
  state: DrawnState;
  selected: string | null;
  renaming: string | null;
}) {
  const { select, rename } = useCanvas();
  const rows = rowsOf(state);
  const pointers = [...state.invokes, ...state.entry, ...state.exit, ...state.inner].map(
    ({ pointer }) => pointer,
  );
  if (rows.length === 0) return null;
  return (
    <ul className={drawing.rows}>
      {rows.map(({ kind, text }, i) => {
        // Actions belong to their state's list; what is answered inside is a transition of its own.
        const pointer = kind === 'entry' || kind === 'exit' ? state.pointer : (pointers[i] ?? state.pointer);
        return (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard does the same on the canvas as a whole
          <li
            key={`${kind} ${pointers[i]}`}
            title={text}
            className={classes.row}
            data-selected={selected === pointer && pointer !== state.pointer}
            onClick={(event) => {
              event.stopPropagation();
              select(pointer);
            }}
            onDoubleClick={(event) => {
              event.stopPropagation();
              rename(pointer);
            }}
          >
            {renaming === pointer && pointer !== state.pointer ? (
              <Name pointer={pointer} label={`Event of ${text}`} />
            ) : (
              <NameText text={text} />
            )}
          </li>
        );
      })}
    </ul>
  );
}

function Name({ pointer, label }: { pointer: string; label: string }) {
  const { refused, renamed, focus } = useCanvas();
  return (
    <NameField
      text={nameAt(pointer)}
      label={label}
      check={(text) => refused(pointer, text)}
      onDone={(text) => renamed(pointer, text)}
      onKey={focus}
    />
  );
}

function StartNode() {
  return (
    <div className={drawing.start}>
      <Hidden />
    </div>
  );
}

/** The library draws no line without handles; lines end where ours say. */
function Hidden() {
  const hidden = { opacity: 0, pointerEvents: 'none' } as const;
  return (
    <>
      <Handle type="target" position={Position.Left} style={hidden} isConnectable={false} />
      <Handle type="source" position={Position.Right} style={hidden} isConnectable={false} />
    </>
  );
}

const Line = memo(({ id, data }: EdgeProps<Edge<LineData>>) => {
  const canvas = useCanvas();
  if (!data) return null;
  const { points, label, transitions, selected, renaming, mark } = data;
  const lit = selected !== null;
  const [first, last] = [points[0], points.at(-1)];
  const ends = lit && !canvas.readOnly && first && last && !selected.includes('/invoke');
  return (
    <>
      <BaseEdge
        id={id}
        path={roundedPath(points)}
        className={`${drawing.line} ${classes.line}`}
        markerEnd={`url(#designer-arrow-${lit ? 'lit' : 'plain'})`}
        data-lit={lit}
        data-mark={mark?.severity}
        interactionWidth={transitions.length > 0 ? 14 : 0}
      />
      {ends && (
        <>
          <Grip
            at={first}
            label="Drag to let it begin elsewhere"
            drag={{ what: 'source', transition: selected }}
          />
          <Grip at={last} label="Drag to lead it elsewhere" drag={{ what: 'target', transition: selected }} />
        </>
      )}
      {label && (
        <EdgeLabelRenderer>
          <div
            className={`nodrag nopan ${drawing.label} ${classes.label}`}
            data-lit={lit}
            data-mark={mark?.severity}
            style={{
              left: label.x,
              top: label.y,
              minWidth: label.width,
              // A name that is being typed may take more room.
              ...(renaming === null && { width: label.width }),
              height: label.height,
            }}
          >
            {transitions.map((transition) => (
              <Said
                key={transition.pointer}
                transition={transition}
                selected={selected === transition.pointer}
                renaming={renaming === transition.pointer}
              />
            ))}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});

function Said({
  transition,
  selected,
  renaming,
}: {
  transition: DrawnTransition;
  selected: boolean;
  renaming: boolean;
}) {
  const canvas = useCanvas();
  const { pointer, label } = transition;
  if (renaming) return <Name pointer={pointer} label={`Event of ${label}`} />;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keyboard does the same on the canvas as a whole
    // biome-ignore lint/a11y/useKeyWithClickEvents: the same
    <span
      className={classes.said}
      data-selected={selected}
      data-transition={pointer}
      title={[label, transition.guard !== null && `if ${transition.guard}`].filter(Boolean).join('\n')}
      onClick={() => canvas.select(pointer)}
      onDoubleClick={() => canvas.rename(pointer)}
    >
      <NameText text={labelLine(transition)} />
    </span>
  );
}

function Grip({ at, label, drag }: { at: Point; label: string; drag: LineDrag }) {
  const canvas = useCanvas();
  return (
    <circle
      className={`nopan ${classes.end}`}
      cx={at.x}
      cy={at.y}
      r={6}
      onPointerDown={(event) => canvas.startLine(drag, event)}
    >
      <title>{label}</title>
    </circle>
  );
}

/** Drawn once, for all lines. */
export function Arrows() {
  return (
    <svg className={classes.arrows} aria-hidden>
      <defs>
        {(['plain', 'lit'] as const).map((kind) => (
          <marker
            key={kind}
            id={`designer-arrow-${kind}`}
            viewBox="0 0 10 10"
            refX="9"
            refY="5"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path
              d="M1,1 L9,5 L1,9"
              className={drawing.line}
              data-lit={kind === 'lit'}
              strokeLinejoin="round"
            />
          </marker>
        ))}
      </defs>
    </svg>
  );
}

export const NODE_TYPES = { state: StateNode, start: StartNode };
export const EDGE_TYPES = { line: Line };
