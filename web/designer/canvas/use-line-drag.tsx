// Drawing a line with the pointer: a new one from a state, or one end of a line to another state.
import { useReactFlow, useStoreApi, ViewportPortal } from '@xyflow/react';
import { type PointerEvent as ReactPointerEvent, type RefObject, useEffect, useRef, useState } from 'react';
import type { Definition } from '../../../engine/definition.ts';
import type { Point } from '../../machine/layout.ts';
import type { Changed } from '../document/changed.ts';
import type { Places } from '../document/places.ts';
import { pathOf, stateOfKeys } from '../document/pointers.ts';
import { addState } from '../document/states.ts';
import { moveTransition, newTransition, retarget } from '../document/transitions.ts';
import type { OpenDesign } from '../use-design.ts';
import classes from './canvas.module.css';
import type { LineDrag } from './canvas-actions.ts';

export function useLineDrag({
  design,
  frame,
  onRename,
  toFrozen,
}: {
  design: OpenDesign;
  frame: RefObject<HTMLDivElement | null>;
  onRename(pointer: string): void;
  toFrozen(): Places;
}) {
  const flow = useReactFlow();
  const store = useStoreApi();
  const [line, setLine] = useState<{ from: Point; to: Point } | null>(null);
  const [over, setOver] = useState<string | null>(null);
  const stop = useRef<(() => void) | null>(null);
  useEffect(() => () => stop.current?.(), []);

  function start(drag: LineDrag, event: ReactPointerEvent): void {
    if (event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    const from = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const onMove = ({ clientX: x, clientY: y }: PointerEvent) => {
      setLine({ from, to: flow.screenToFlowPosition({ x, y }) });
      setOver(stateUnder(x, y));
    };
    const onUp = ({ clientX: x, clientY: y }: PointerEvent) => {
      end();
      const to = flow.screenToFlowPosition({ x, y });
      // A click is no line.
      const { transform } = store.getState();
      if (Math.hypot(to.x - from.x, to.y - from.y) * transform[2] < 8) return;
      connect(drag, stateUnder(x, y), frame.current?.contains(document.elementFromPoint(x, y)) ? to : null);
    };
    const onKey = ({ key }: KeyboardEvent) => key === 'Escape' && end();
    function end() {
      window.removeEventListener('pointermove', onMove);
      window.removeEventListener('pointerup', onUp);
      window.removeEventListener('keydown', onKey);
      stop.current = null;
      setLine(null);
      setOver(null);
    }
    stop.current = end;
    window.addEventListener('pointermove', onMove);
    window.addEventListener('pointerup', onUp);
    window.addEventListener('keydown', onKey);
  }

  function connect(drag: LineDrag, path: string | null, nowhere: Point | null): void {
    const target = path === null ? null : stateOfKeys(path.split('.'));
    const made =
      target !== null ? lead(drag, target) : drag.what === 'new' && nowhere ? grow(drag, nowhere) : null;
    // A new transition is called by its event first of all.
    if (made && drag.what === 'new') onRename(made.pointer);
  }

  const lead = (drag: LineDrag, target: string): Changed | null =>
    design.change('Connect', (definition) => connected(definition, drag, target));

  /** Into nowhere: a state begins there. */
  function grow(drag: LineDrag, nowhere: Point): Changed | null {
    const before = toFrozen();
    let made = '';
    const change = (definition: Definition): Changed => {
      const { definition: after, pointer } = addState(definition, '');
      made = pointer;
      return connected(after, drag, pointer);
    };
    const place = { x: Math.round(nowhere.x - 12), y: Math.round(nowhere.y - 17) };
    return design.change('Add a state', change, () => ({ ...before, [pathOf(made)]: place }));
  }

  const drawn = line && (
    <ViewportPortal>
      <svg className={classes.draft} aria-hidden>
        <line x1={line.from.x} y1={line.from.y} x2={line.to.x} y2={line.to.y} />
      </svg>
    </ViewportPortal>
  );
  return { start, drawn, over };
}

function connected(definition: Definition, drag: LineDrag, state: string): Changed {
  if (drag.what === 'new') return newTransition(definition, drag.source, state);
  const { transition } = drag;
  return drag.what === 'target'
    ? retarget(definition, transition, state)
    : moveTransition(definition, transition, state);
}

function stateUnder(x: number, y: number): string | null {
  const id = document.elementFromPoint(x, y)?.closest('.react-flow__node')?.getAttribute('data-id') ?? null;
  return id === null || id.startsWith('start:') ? null : id;
}
