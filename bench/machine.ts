// What the figures were measured on.
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
