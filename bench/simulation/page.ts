// The parts of docs/scaling.md that the simulation writes, and where they go.
import { check } from './check.ts';
import { ASSUMED, type Measured } from './costs.ts';
import { checkTable, costsTable, endingsTable, lossesTable, plansTable } from './report.ts';
import { endingOf, lossesOf, type Model, type Population, plansFor, STEPS, TENANTS } from './scenes.ts';

export const PAGE = new URL('../../docs/scaling.md', import.meta.url);
const JOBS_PER_SECOND = 1_000_000;

export function partsOf(measured: Measured): Record<string, string> {
  const model = { costs: measured.costs, assumed: ASSUMED };
  return {
    costs: costsTable(measured),
    ...scenesOf(TENANTS, model, JOBS_PER_SECOND),
    check: checkTable(check(measured, null)),
  };
}

/** What ends first in each installation, what losses do, and what a great rate takes. */
export function scenesOf(
  population: Population,
  model: Model,
  jobsPerSecond: number,
): { steps: string; losses: string; plan: string } {
  const losing = STEPS.filter(({ loses }) => loses);
  return {
    steps: endingsTable(STEPS.map((scene) => endingOf(scene, population, model))),
    losses: losing
      .map((scene) => `${upper(scene.name)}:\n\n${lossesTable(lossesOf(scene, population, model))}`)
      .join('\n\n'),
    plan: plansTable(plansFor(jobsPerSecond, population, model)),
  };
}

/** @returns the page with what stands between `<!-- name: … -->` and `<!-- end -->` replaced */
export function withParts(page: string, parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce((text, [name, content]) => {
    const place = new RegExp(`(<!-- ${name}:[^>]*-->\n)[^]*?(<!-- end -->)`);
    if (!place.test(text)) throw new Error(`docs/scaling.md has no place for ${name}`);
    return text.replace(place, (_, begin, end) => `${begin}\n${content}\n\n${end}`);
  }, page);
}

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
