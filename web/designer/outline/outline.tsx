// The machine as a tree: the way to see and edit it without a canvas. Keys as in the tree pattern of WAI-ARIA.
import { VisuallyHidden } from '@mantine/core';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { graphOf } from '../../machine/graph.ts';
import { isWithin, pathOf } from '../document/pointers.ts';
import { NameField } from '../naming/name-field.tsx';
import { nameAt } from '../naming/names.ts';
import type { Marks } from '../problems/marks.ts';
import type { OpenDesign } from '../use-design.ts';
import classes from './outline.module.css';
import { type Row, rowsOf } from './rows.ts';

export interface OutlineProps {
  design: OpenDesign;
  marks: Marks;
  counts: ReadonlyMap<string, number>;
  lit: ReadonlySet<string>;
  renaming: string | null;
  refused(pointer: string, text: string): string | null;
  onRenamed(pointer: string, text: string | null): void;
  onOpen(): void;
}

export function Outline(props: OutlineProps) {
  const { design, renaming } = props;
  const { definition, selected } = design;
  const graph = useMemo(() => graphOf(definition), [definition]);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => rowsOf(graph, (pointer) => !closed.has(pointer)), [graph, closed]);
  const list = useRef<HTMLDivElement>(null);
  const current = rows.find(({ pointer }) => pointer === selected) ?? rows[0];

  // What is selected elsewhere is shown here, whatever was closed around it.
  useEffect(() => {
    if (selected === null) return;
    setClosed((before) => {
      const around = [...before].filter((one) => one !== selected && isWithin(selected, one));
      return around.length === 0 ? before : new Set([...before].filter((one) => !around.includes(one)));
    });
    list.current
      ?.querySelector(`[data-pointer="${CSS.escape(selected)}"]`)
      ?.scrollIntoView({ block: 'nearest' });
  }, [selected]);

  const named = useRef(false);
  // What got another name is another row.
  useEffect(() => {
    if (renaming !== null || !named.current) return;
    named.current = false;
    list.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  });

  const focus = (pointer: string) => {
    design.select(pointer);
    list.current?.querySelector<HTMLElement>(`[data-pointer="${CSS.escape(pointer)}"]`)?.focus();
  };
  const close = (pointer: string, shut: boolean) =>
    setClosed((before) => {
      const after = new Set(before);
      if (shut) after.add(pointer);
      else after.delete(pointer);
      return after;
    });

  function onKeyDown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || !current || renaming !== null) return;
    const at = rows.indexOf(current);
    const go = (row: Row | undefined) => row && focus(row.pointer);
    switch (event.key) {
      case 'ArrowDown':
        go(rows[at + 1]);
        break;
      case 'ArrowUp':
        go(rows[at - 1]);
        break;
      case 'Home':
        go(rows[0]);
        break;
      case 'End':
        go(rows.at(-1));
        break;
      case 'ArrowRight':
        if (current.open === false) close(current.pointer, false);
        else if (current.open) go(rows[at + 1]);
        break;
      case 'ArrowLeft':
        if (current.open) close(current.pointer, true);
        else go(rows.find(({ pointer }) => pointer === current.parent));
        break;
      case 'Enter':
        design.select(current.pointer);
        props.onOpen();
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  return (
    <div ref={list} className={classes.outline} role="tree" aria-label="Outline" onKeyDown={onKeyDown}>
      {rows.map((row) => (
        <Line
          key={row.pointer}
          {...props}
          row={row}
          current={row === current}
          onFocus={focus}
          onClose={close}
          onNamed={() => {
            named.current = true;
          }}
        />
      ))}
    </div>
  );
}

type LineProps = OutlineProps & {
  row: Row;
  current: boolean;
  onFocus(pointer: string): void;
  onClose(pointer: string, shut: boolean): void;
  /** The field for a name is gone: the row has the keyboard again. */
  onNamed(): void;
};

function Line({
  design,
  marks,
  counts,
  lit,
  renaming,
  refused,
  onRenamed,
  row,
  current,
  onFocus,
  onClose,
  onNamed,
  onOpen,
}: LineProps) {
  const { pointer, kind, label, detail, open } = row;
  const mark = marks.get(pointer);
  const path = kind === 'state' ? pathOf(pointer) : '';
  const count = counts.get(path) ?? 0;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys
    <div
      role="treeitem"
      tabIndex={current ? 0 : -1}
      aria-level={row.level}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-selected={design.selected === pointer}
      aria-expanded={open ?? undefined}
      data-pointer={pointer}
      data-kind={kind}
      data-lit={kind === 'state' && lit.has(path)}
      className={classes.row}
      style={{ paddingLeft: 10 + (row.level - 1) * 18 }}
      onClick={() => onFocus(pointer)}
      onDoubleClick={onOpen}
    >
      <span
        className={classes.twist}
        data-open={open}
        aria-hidden
        onClick={(event) => {
          event.stopPropagation();
          if (open !== null) onClose(pointer, open);
        }}
      />
      {renaming === pointer ? (
        <NameField
          text={nameAt(pointer)}
          label="Name"
          check={(text) => refused(pointer, text)}
          onDone={(text) => onRenamed(pointer, text)}
          onKey={onNamed}
        />
      ) : (
        <span className={classes.label}>{label} </span>
      )}
      <span className={classes.detail}>{detail}</span>
      {mark && (
        <span className={classes.mark} data-severity={mark.severity} title={mark.text}>
          <VisuallyHidden>
            {' '}
            {mark.severity}: {mark.text}
          </VisuallyHidden>
        </span>
      )}
      {count > 0 && (
        <span className={classes.count}>
          {count}
          <VisuallyHidden> active</VisuallyHidden>
        </span>
      )}
    </div>
  );
}
