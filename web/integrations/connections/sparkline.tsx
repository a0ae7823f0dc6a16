// Attempts of the last days as bars: enough to see whether something goes through, and whether it stopped.
import classes from './sparkline.module.css';

const [BAR, GAP, HEIGHT, LEAST] = [16, 4, 26, 2];

/** @param counts oldest first */
export function Sparkline({ counts, label }: { counts: readonly number[]; label: string }) {
  const most = Math.max(1, ...counts);
  const width = counts.length * (BAR + GAP) - GAP;
  return (
    <svg
      className={classes.bars}
      viewBox={`0 0 ${width} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      {counts.map((count, i) => {
        const height = Math.max(LEAST, (count / most) * HEIGHT);
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its day
            key={i}
            className={classes.bar}
            data-none={count === 0}
            x={i * (BAR + GAP)}
            y={HEIGHT - height}
            width={BAR}
            height={height}
            rx={2}
          />
        );
      })}
    </svg>
  );
}
