// What the figures were measured on, and beside what.
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

export interface Machine {
  cpu: string;
  cores: number;
  memory_gb: number;
  os: string;
  node: string;
  postgres: string;
}

export function thisMachine(postgresVersion: string): Machine {
  return {
    cpu: cpus()[0]?.model.trim() || process.arch,
    cores: availableParallelism(),
    memory_gb: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()}`,
    node: process.versions.node,
    postgres: postgresVersion,
  };
}

export const describeMachine = ({ cpu, cores, memory_gb, os, node, postgres }: Machine): string =>
  `${cpu}, ${cores} cores, ${memory_gb} GB, ${os}, Node ${node}, Postgres ${postgres}`;

/** Of each package that a case compares Pawl with. */
export const peerVersions = (): Record<string, string> =>
  Object.fromEntries(
    ['graphile-worker', 'pg-boss', '@dbos-inc/dbos-sdk', '@restatedev/restate-sdk', 'undici'].map((name) => {
      const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
      return [name, (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version];
    }),
  );
