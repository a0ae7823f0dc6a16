// What development begins with, so that the README's three lines show something: a connection to the local receiver,
// and the work order of the documentation, published.
import { isPawlError } from '../../engine/errors.ts';
import type { Client } from '../client.ts';
import { workOrder } from '../work-order.ts';

const CONNECTION = 'echo';

/** Makes what is missing; what somebody changed stays, but for the receiver's address. */
export async function prepareSample(client: Client, receiverUrl: string): Promise<void> {
  const connectionId = await prepareConnection(client, receiverUrl);
  try {
    await client.request('GET', '/workflows/work-order');
  } catch (error) {
    if (!isPawlError(error) || error.code !== 'workflow_not_found') throw error;
    const definition = workOrder(connectionId);
    await client.request('POST', '/workflows', { name: 'work-order', definition });
    await client.request('POST', '/workflows/work-order/publish', { version: 1 });
  }
}

interface Connection {
  id: string;
  connection_name: string;
  allowed_origin: string;
}

async function prepareConnection(client: Client, baseUrl: string): Promise<string> {
  const { items } = await client.request<{ items: Connection[] }>('GET', '/tenant/connections?limit=200');
  const found = items.find(({ connection_name }) => connection_name === CONNECTION);
  const credentials = { base_url: baseUrl };
  if (!found) {
    const made = await client.request<Connection>('POST', '/tenant/connections', {
      provider: 'generic_rest',
      connection_name: CONNECTION,
      credentials,
    });
    return made.id;
  }
  // Its port was taken by somebody else meanwhile.
  if (found.allowed_origin !== baseUrl) {
    await client.request('POST', `/tenant/connections/${found.id}/rotate`, { credentials });
  }
  return found.id;
}
