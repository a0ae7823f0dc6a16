import { expect, test } from 'vitest';
import { pawl } from './pawl.testkit.ts';

test('a wrong configuration is told with every problem at once, and no stack', async () => {
  const { status, stdout, stderr } = await pawl(['start'], { PORT: 'x', LOG_LEVEL: 'loud' });
  expect(status).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toContain('config_invalid');
  expect(stderr).toContain('PORT is "x"');
  expect(stderr).toContain('LOG_LEVEL is "loud"');
  expect(stderr).not.toContain('    at ');
});

test('an API that does not answer is told in a sentence', async () => {
  const env = { PAWL_API_KEY: 'k', PAWL_URL: 'http://127.0.0.1:1' };
  const { status, stderr } = await pawl(['jobs', 'send', 'x', 'GO'], env);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^api_unreachable: Nobody answers at http:\/\/127.0.0.1:1\..*\n$/);
});
