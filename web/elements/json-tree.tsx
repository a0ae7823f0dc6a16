// JSON as a tree whose branches open and close, for what is too long to be read as text.
import classes from './json-tree.module.css';

/** Deeper than this, a branch begins closed. */
const OPEN_DEPTH = 2;
/** A list that is longer begins closed. */
const OPEN_ITEMS_MAX = 20;
/** So many of a branch are drawn; the rest is counted. */
const DRAWN_MAX = 500;

export function JsonTree({ value, label }: { value: unknown; label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className={classes.tree} aria-label={label} tabIndex={0} style={{ maxHeight: 480 }}>
      <Node value={value} depth={0} />
    </section>
  );
}

function Node({ name, value, depth }: { name?: string; value: unknown; depth: number }) {
  const key = name !== undefined && <span className={classes.key}>{name}</span>;
  if (typeof value !== 'object' || value === null) {
    return (
      <div className={classes.leaf}>
        {key}
        {key && ': '}
        <span className={typeof value === 'string' ? classes.string : classes.atom}>
          {JSON.stringify(value)}
        </span>
      </div>
    );
  }
  const entries = Object.entries(value);
  const hint = Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`;
  return (
    <details open={depth < OPEN_DEPTH && entries.length <= OPEN_ITEMS_MAX}>
      <summary>
        {key} <span className={classes.hint}>{hint}</span>
      </summary>
      <div>
        {entries.slice(0, DRAWN_MAX).map(([inner, of]) => (
          <Node key={inner} name={inner} value={of} depth={depth + 1} />
        ))}
        {entries.length > DRAWN_MAX && (
          <div className={classes.hint}>and {entries.length - DRAWN_MAX} more</div>
        )}
      </div>
    </details>
  );
}
