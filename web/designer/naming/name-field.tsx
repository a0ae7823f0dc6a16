// A field in the place of a name, on the canvas and in the outline. Enter keeps what is typed, Escape what was; what cannot
// be kept is said, and stays to be mended.
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import classes from './name-field.module.css';

/** As long as a name may be. */
const NAME_CHARACTERS_MAX = 100;

export function NameField({
  text,
  label,
  check,
  onDone,
  onKey,
}: {
  text: string;
  label: string;
  /** @returns why it cannot be called so, null when it can */
  check(text: string): string | null;
  /** Null: it keeps its name. */
  onDone(text: string | null): void;
  /** It was Enter or Escape: the keyboard has to be somebody's. */
  onKey(): void;
}) {
  const field = useRef<HTMLInputElement>(null);
  const over = useRef(false);
  const [refused, setRefused] = useState<string | null>(null);
  const id = useId();
  // Once: what is drawn anew while somebody types must not select what is there.
  useEffect(() => field.current?.select(), []);
  const end = (said: string | null) => {
    if (over.current) return;
    over.current = true;
    onDone(said);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    event.stopPropagation();
    if (event.key !== 'Enter' && event.key !== 'Escape') return;
    const said = event.key === 'Enter' ? event.currentTarget.value : null;
    const why = said === null || said === text ? null : check(said);
    setRefused(why);
    if (why !== null) return;
    end(said);
    onKey();
  };
  return (
    <span className={classes.place}>
      <input
        className={`nodrag nopan ${classes.field}`}
        aria-label={label}
        aria-invalid={refused !== null}
        aria-describedby={refused === null ? undefined : id}
        defaultValue={text}
        ref={field}
        size={Math.max(6, text.length)}
        maxLength={NAME_CHARACTERS_MAX}
        onChange={() => setRefused(null)}
        onKeyDown={onKeyDown}
        onBlur={(event) => end(event.currentTarget.value)}
        onClick={(event) => event.stopPropagation()}
        onDoubleClick={(event) => event.stopPropagation()}
        autoComplete="off"
        spellCheck={false}
      />
      {refused !== null && (
        <span id={id} role="alert" className={classes.refused}>
          {refused}
        </span>
      )}
    </span>
  );
}
