// docs/metrics.md, made of the metrics themselves.
import { createMetrics } from '../telemetry/metrics.ts';

interface Described {
  name: string;
  help: string;
  type: string;
  labelNames?: string[];
}

export function metricsPage(): string {
  const found = new Map<string, Described & { processes: string[] }>();
  for (const process of ['api', 'worker'] as const) {
    const { registry } = createMetrics({ process, version: '' });
    for (const one of registry.getMetricsAsArray() as unknown as Described[]) {
      const known = found.get(one.name);
      if (known) known.processes.push(process);
      else if (one.name.startsWith('pawl_')) found.set(one.name, { ...one, processes: [process] });
    }
  }
  const rows = [...found.values()]
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .map(({ name, type, labelNames = [], help, processes }) => {
      const labels = labelNames.map((label) => `\`${label}\``).join(', ');
      return `| \`${name}\` | ${type} | ${labels} | ${processes.join(', ')} | ${help} |`;
    });
  return `# Metrics

Written by \`npm run docs\`; do not edit by hand. Where they are shown and how to keep them from others stands in
[operating.md](operating.md#metrics).

Every series carries \`process\`: \`api\` or \`worker\`. Beside these there are the metrics of Node under the names of
prom-client (\`process_cpu_seconds_total\`, \`process_resident_memory_bytes\`, \`nodejs_eventloop_lag_p99_seconds\` and others).
What a worker reads of the database is the same from every worker: take the maximum, not the sum.

| metric | type | labels | process | what it is |
|---|---|---|---|---|
${rows.join('\n')}
`;
}
