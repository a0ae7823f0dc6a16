// Container file, compose file and units name only what there is: folders, commands, variables, ports.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { VARIABLE_NAMES } from '../config/config.ts';
import { VARIABLES } from '../config/variables.ts';
import { BUSY_PROCESS } from '../processes/node-options.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(`${ROOT}/${path}`, 'utf8');
const units = readdirSync(`${ROOT}/ops/systemd`).map((name) => ({ name, text: read(`ops/systemd/${name}`) }));
const compose = parse(read('compose.yml'), { merge: true });
const containerfile = read('Containerfile');

/** Give up what was not answered, end what is open. */
const ENDING_S = 10;
/** What a process is given to stop by itself, in seconds. */
const stopsInS = Number(VARIABLES.WORKER_STOP_TIMEOUT_MS.parse(undefined)) / 1_000 + ENDING_S;

/** The arguments of `pawl` that start something. */
const STARTS = [['migrate'], ['start'], ['start', '--role', 'api'], ['start', '--role', 'worker']];

/** Folders of the server: what is neither for development nor of the browser. */
const folders = readdirSync(ROOT, { withFileTypes: true })
  .filter(
    (entry) =>
      entry.isDirectory() && readdirSync(`${ROOT}/${entry.name}`).some((file) => file.endsWith('.ts')),
  )
  .map(({ name }) => name)
  .filter((name) => !['bench', 'docs', 'ops', 'test', 'web'].includes(name));

test('the image holds every folder of the server, and starts as processes of the server do', () => {
  const copied = [...containerfile.matchAll(/^COPY ([\w-]+) \1$/gm)].map(([, folder]) => folder);
  expect(copied).toEqual(folders.sort());
  const entry = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(containerfile)?.[1] ?? '[]');
  expect(entry).toEqual(['node', ...BUSY_PROCESS, 'cli/pawl.ts']);
  expect(STARTS).toContainEqual(JSON.parse(/^CMD (.*)$/m.exec(containerfile)?.[1] ?? '[]'));
  expect(containerfile).toMatch(/^USER node$/m);
  const script = /^RUN npm run (\w+)$/m.exec(containerfile)?.[1] ?? '';
  expect(JSON.parse(read('package.json')).scripts).toHaveProperty(script);
  expect(read('.dockerignore')).toBe(read('.containerignore'));
});

interface Service {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  stop_grace_period?: string;
}

test('the compose file starts what there is, with variables that there are, and waits until it has stopped', () => {
  const ours = Object.entries<Service>(compose.services).filter(([, { image }]) => image === 'pawl');
  expect(ours.map(([name]) => name)).toEqual(['migrate', 'api', 'worker']);
  for (const [name, { command, environment = {}, stop_grace_period: grace = '' }] of ours) {
    expect(STARTS, name).toContainEqual(command);
    expect(VARIABLE_NAMES, name).toEqual(expect.arrayContaining(Object.keys(environment)));
    expect(Number.parseInt(grace, 10), name).toBeGreaterThan(stopsInS);
  }
  const named = [...read('compose.yml').matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name);
  expect([...VARIABLE_NAMES, 'POSTGRES_PASSWORD']).toEqual(expect.arrayContaining(named));
});

test('Prometheus looks where the processes of the compose file show their metrics', () => {
  const { scrape_configs: scrapes, rule_files: rules } = parse(read('ops/prometheus/prometheus.yml'));
  const { METRICS_API_PORT, METRICS_WORKER_PORT } = compose.services.api.environment;
  expect(scrapes[0].static_configs[0].targets).toEqual([
    `api:${METRICS_API_PORT}`,
    `worker:${METRICS_WORKER_PORT}`,
  ]);
  for (const file of rules) expect(existsSync(`${ROOT}/ops/prometheus/${file}`)).toBe(true);
  expect(scrapes[0].job_name).toBe('pawl');
});

test.each(units)('$name starts what there is, and waits until it has stopped', ({ text }) => {
  const [, command = ''] = /^ExecStart=(?:\/usr\/bin\/env \w+=\S+ )?\/opt\/pawl\/(.*)$/m.exec(text) ?? [];
  const [node, ...args] = command.split(' ');
  expect(existsSync(`${ROOT}/${node}`)).toBe(true);
  const starts = args.slice(args.indexOf('cli/pawl.ts') + 1);
  expect(STARTS).toContainEqual(starts);
  if (starts[0] === 'start') {
    expect(args).toEqual(expect.arrayContaining(BUSY_PROCESS));
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(text)?.[1])).toBeGreaterThan(stopsInS);
  }
  for (const [, name] of text.matchAll(/^(?:Environment=|ExecStart=\/usr\/bin\/env )(\w+)=/gm))
    expect(VARIABLE_NAMES).toContain(name);
  const wanted = [...text.matchAll(/^Requires=(.*)$/gm)].map(([, name]) => name);
  expect(units.map(({ name }) => name)).toEqual(expect.arrayContaining(wanted));
});

test('what the units and the compose file ask to be done by hand can be done', () => {
  const { scripts } = JSON.parse(read('package.json'));
  for (const text of [...units.map(({ text: unit }) => unit), read('compose.yml')]) {
    for (const [, script = ''] of text.matchAll(/npm run (\w+)/g)) expect(scripts).toHaveProperty(script);
    for (const [, file = ''] of text.matchAll(/\b(\.env\.example|ops\/[\w/]+)/g)) {
      expect(existsSync(`${ROOT}/${file}`), file).toBe(true);
    }
  }
});
