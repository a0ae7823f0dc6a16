// The dashboard and the alert rules ask only for metrics and labels that there are, and every alert has its runbook.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { metricsPage } from '../docs/metrics-page.ts';
import { createMetrics } from '../telemetry/metrics.ts';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** Labels that Prometheus, or the process as a whole, adds to everything. */
const EVERYWHERE = ['job', 'instance', 'process'];

interface Described {
  name: string;
  type: string;
  labelNames?: string[];
}

/** Every series there can be, with its labels. */
async function seriesThereAre(): Promise<Map<string, Set<string>>> {
  // Prometheus makes it of each scrape itself.
  const series = new Map([['up', new Set(EVERYWHERE)]]);
  for (const process of ['api', 'worker'] as const) {
    const { registry } = createMetrics({ process, version: '0' });
    for (const one of registry.getMetricsAsArray() as unknown as Described[]) {
      const labels = new Set([...(one.labelNames ?? []), ...EVERYWHERE]);
      if (one.type === 'histogram') {
        for (const part of ['bucket', 'sum', 'count'])
          series.set(`${one.name}_${part}`, new Set([...labels, 'le']));
      } else series.set(one.name, labels);
    }
  }
  return series;
}

interface Use {
  expr: string;
  metric: string;
  labels: string[];
}

/** Names in an expression that are metrics, with the labels asked of each; and the labels of `by`, asked of all of them. */
function usesIn(expr: string): Use[] {
  const text = expr.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  const grouped = [...text.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap(([, labels]) => labelsIn(labels ?? ''));
  const bare = text.replaceAll(/\b(?:by|without)\s*\([^)]*\)/g, '').replaceAll(/\[[^\]]*\]/g, '');
  const names = bare.matchAll(/\b([a-z][a-z0-9_]*)\b(?!\s*\()(?:\s*\{([^}]*)\})?/gi);
  return [...names]
    .filter(([, name]) => !['or', 'and', 'unless', 'e9'].includes(name ?? ''))
    .map(([, metric = '', selector = '']) => ({
      expr,
      metric,
      labels: [...grouped, ...labelsIn(selector.replaceAll(/\s*(?:=~|!~|!=|=)\s*""/g, ''))],
    }));
}

const labelsIn = (list: string): string[] =>
  list
    .split(',')
    .map((label) => label.trim())
    .filter((label) => label !== '');

interface Rule {
  alert: string;
  expr: string;
  for: string;
  labels: { severity: string };
  annotations: { summary: string; runbook: string };
}

const rules: Rule[] = parse(read('ops/prometheus/alerts.yml')).groups.flatMap(
  (group: { rules: Rule[] }) => group.rules,
);
const panels: { title: string; targets?: { expr: string }[] }[] = JSON.parse(
  read('ops/grafana/pawl.json'),
).panels;
const shown = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

describe.each([
  ['the alert rules', rules.map(({ expr }) => expr)],
  ['the dashboard', shown],
])('%s', (_, expressions) => {
  test('ask for metrics and labels that there are', async () => {
    const series = await seriesThereAre();
    const uses = expressions.flatMap(usesIn);
    expect(uses.length).toBeGreaterThanOrEqual(expressions.length);
    for (const { expr, metric, labels } of uses) {
      expect([...series.keys()], expr).toContain(metric);
      expect([...(series.get(metric) ?? [])], expr).toEqual(expect.arrayContaining(labels));
    }
  });
});

test('every metric of ours is on the dashboard or in an alert', async () => {
  const used = new Set(
    [...shown, ...rules.map(({ expr }) => expr)].flatMap(usesIn).map(({ metric }) => metric),
  );
  const unseen = [...(await seriesThereAre()).keys()]
    .filter((name) => name.startsWith('pawl_') && !/_(?:sum|count|bucket)$/.test(name) && !used.has(name))
    .sort();
  expect(unseen).toEqual(['pawl_build_info', 'pawl_workers_last_sign_seconds']);
});

test('every alert says how bad it is, and where to read what to do', () => {
  const operating = read('docs/operating.md');
  // As GitHub makes anchors of headings.
  const anchors = [...operating.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    (title ?? '')
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  for (const { alert, labels, annotations } of rules) {
    expect(['critical', 'warning'], alert).toContain(labels.severity);
    expect(annotations.summary, alert).toMatch(/\S/);
    const [page, anchor] = annotations.runbook.split('#');
    expect(page, alert).toBe('docs/operating.md');
    expect(anchors, alert).toContain(anchor);
    expect(operating, alert).toContain(alert);
  }
});

test('docs/metrics.md lists every metric as it is (npm run docs)', () => {
  expect(read('docs/metrics.md')).toBe(metricsPage());
});
