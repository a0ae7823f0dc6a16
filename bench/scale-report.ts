// The result of `bench/scale.ts`: one JSON object, a table for the terminal, and docs/benchmarks-scale.md.
import { writeFile } from 'node:fs/promises';
import type { Figures } from './case.ts';
import type { Figure } from './figures.ts';
import { describeMachine, type Machine } from './machine.ts';
import { verdicts } from './report.ts';
import type { Sizes } from './scale/scale-case.ts';
import { measuredRatios, SCALE_FIGURES } from './scale-figures.ts';

export interface ScaleResult {
  machine: Machine;
  sizes: Sizes;
  measuredAt: string;
  figures: Figures;
}

/** The figures flat, with `machine`, `sizes` and the bars that were met or missed beside them. */
export function scaleJson({ machine, sizes, measuredAt, figures }: ScaleResult): object {
  const ratios = measuredRatios(figures);
  return {
    machine,
    sizes,
    measured_at: measuredAt,
    ...Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, rounded(value)])),
    ...Object.fromEntries(ratios.map(({ ratio, value }) => [ratio.name, rounded(value)])),
    bars: Object.fromEntries(
      ratios.flatMap(({ ratio, met }) => (met === null ? [] : [[ratio.name, met ? 'met' : 'missed']])),
    ),
  };
}

export function scaleTable({ machine, figures }: ScaleResult): string {
  const rows = [
    ...shown(figures).map(([name, figure, value]) => [name, show(figure, value), figure.what]),
    ...measuredRatios(figures).map(({ ratio, value }) => [
      ratio.name,
      value.toFixed(2),
      `${ratio.of} / ${ratio.to}${verdicts(ratio.bars, value)}`,
    ]),
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map(
    ([name = '', value = '', what = '']) =>
      `${name.padEnd(widths[0] ?? 0)}  ${value.padStart(widths[1] ?? 0)}  ${what}`,
  );
  return [describeMachine(machine), ...lines].join('\n');
}

export async function writeScaleDocs(result: ScaleResult): Promise<void> {
  await writeFile(new URL('../docs/benchmarks-scale.md', import.meta.url), scaleMarkdown(result));
}

function scaleMarkdown({ machine, sizes, measuredAt, figures }: ScaleResult): string {
  const rows = shown(figures).map(
    ([name, figure, value]) => `| \`${name}\` | ${show(figure, value)} | ${figure.what} |`,
  );
  const ratios = measuredRatios(figures).map(
    (measured) =>
      `| \`${measured.ratio.name}\` | ${measured.value.toFixed(2)} | \`${measured.ratio.of}\` / \`${measured.ratio.to}\`${verdicts(measured.ratio.bars, measured.value)} |`,
  );
  return `# Benchmarks of scale

Written by \`node bench/scale.ts --write\` on ${measuredAt.slice(0, 10)}; do not edit by hand.

What it costs that much is stored. Machine: ${describeMachine(machine)}. Everything runs on it at once, as in
[benchmarks](benchmarks.md), which has the figures of an installation that is not full.

| ratio | value | |
|---|--:|---|
${ratios.join('\n')}

| figure | value | what it is |
|---|--:|---|
${rows.join('\n')}

## How it is measured

- Databases are filled inside Postgres with copies of jobs that the product itself has done: their rows in \`jobs\`, \`event_log\`,
  \`action_runs\`, \`utility_ledger\` and \`dispatch_queue\` under ids of their own. The first of four tenants has half of them. What
  was filled counts as sealed and metered. Then they are vacuumed and analyzed.
- What is compared takes turns, ${sizes.rounds} times each; the medians count. Transitions are sent for ${sizes.seconds} s after as long a
  warm-up; \`deliveries\` are ${count(sizes.deliveries)}, of which the first third is the warm-up.
- The queue of 1 000 stays at that depth, and the long one at its own: as many actions are put back as were sent.
- A claim is the worker's statement for 64 lists. Its blocks are counted by Postgres, and do not depend on the machine.
- \`neighbour\`: ${sizes.samples} events one at a time, 15 to 75 ms apart, before and while another tenant's queue is worked off.
- What no statement may do is tested: \`test/cost-is-of-what-is-asked.test.ts\` counts the blocks that each one reads with little
  stored and with more.
`;
}

const shown = (figures: Figures): [string, Figure, number][] =>
  Object.entries(SCALE_FIGURES).flatMap(([name, figure]) => {
    const value = figures[name];
    return value === undefined ? [] : [[name, figure, value]];
  });

function show({ unit, digits }: Figure, value: number): string {
  const number = value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const text = number.replaceAll(',', ' ');
  return unit === '' || unit === '/s' ? `${text}${unit}` : `${text} ${unit}`;
}

const count = (value: number): string => value.toLocaleString('en').replaceAll(',', ' ');
const rounded = (value: number): number => Number(value.toPrecision(5));
