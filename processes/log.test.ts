import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('what Postgres says of a row that it refuses, and headers with credentials, are masked in a line of the log', async () => {
  const program = `
    import { createLog } from ${JSON.stringify(new URL('./log.ts', import.meta.url).href)};
    const log = createLog({ log: { level: 'info', format: 'json' }, process: 'test' });
    const refused = Object.assign(new Error('null value in a column'), { code: '23502', detail: 'Failing row contains (canary).' });
    log.error({ err: refused, tenant_id: 't', request: { headers: { authorization: 'Bearer canary' } } }, 'refused');
    log.error({ err: new Error('it failed', { cause: refused }) }, 'refused');`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  expect(stdout).not.toContain('canary');
  const [line] = stdout.split('\n');
  expect(JSON.parse(line as string)).toMatchObject({
    level: 'error',
    process: 'test',
    tenant_id: 't',
    err: { code: '23502', message: 'null value in a column', detail: '***' },
  });
});
