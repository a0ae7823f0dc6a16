import { describe, expect, it } from 'vitest';
import type { QueuedActionConfig } from '../engine/definition.ts';
import { compileQueuedAction } from '../engine/queued-action.ts';
import { renderCall } from './call.ts';

const render = (config: QueuedActionConfig, scope: Parameters<typeof renderCall>[1]) =>
  renderCall(compileQueuedAction(config, '/x'), scope);

describe('renderCall', () => {
  it('fills path, query, headers and body, each by the rules of its place', () => {
    const config: QueuedActionConfig = {
      action_type: 'WEBHOOK',
      params: {
        connection_id: 'c',
        method: 'PUT',
        path: '/orders/<<context.id>>',
        query: { q: '<<context.id>>' },
        headers: { 'x-id': '<<context.id>>' },
        body: { id: '<<context.id>>', n: '<<context.n>>' },
      },
      idempotent: true,
    };
    expect(render(config, { context: { id: 'a/b?c', n: 3 } })).toEqual({
      ok: true,
      call: {
        kind: 'webhook',
        input: {
          method: 'PUT',
          path: '/orders/a%2Fb%3Fc',
          query: 'q=a%2Fb%3Fc',
          headers: { 'x-id': 'a/b?c' },
          body: { id: 'a/b?c', n: 3 },
          idempotent: true,
        },
      },
    });
  });

  it.each(['path', 'query', 'headers', 'body'] as const)('names the variable that %s misses', (place) => {
    const template = '<<context.gone>>';
    const params = {
      connection_id: 'c',
      path: '/',
      [place]: place === 'path' ? `/${template}` : { k: template },
    };
    expect(render({ action_type: 'WEBHOOK', params }, { context: {} })).toMatchObject({
      ok: false,
      code: 'missing_variable',
      message: expect.stringContaining('context.gone'),
    });
  });

  it('sends no second header line that a value brings along', () => {
    const params = { connection_id: 'c', path: '/', headers: { 'x-id': '<<context.id>>' } };
    expect(render({ action_type: 'WEBHOOK', params }, { context: { id: 'a\r\nx-evil: 1' } })).toMatchObject({
      ok: false,
      code: 'header_injection',
    });
  });

  it('fills the input of an operation', () => {
    const params = { connection_id: 'c', operation: 'twilio.send_sms', input: { to: '<<event.to>>' } };
    expect(render({ action_type: 'INTEGRATION', params }, { event: { to: '+1' } })).toEqual({
      ok: true,
      call: { kind: 'operation', operation: 'twilio.send_sms', input: { to: '+1' }, idempotent: null },
    });
  });
});
