// Network namespaces of Linux, joined by two bridges: one to the database, one to everything else. A process in one of them
// can be cut off from either, and notices nothing but silence.
import { spawnSync } from 'node:child_process';

export const BRIDGES = ['database', 'world'] as const;
export type Bridge = (typeof BRIDGES)[number];

export interface Network {
  /** Of a host, for `ip netns exec`. */
  namespace(host: string): string;
  address(host: string, bridge: Bridge): string;
  /** From then on packets between the host and the bridge are lost, until `join`. */
  cut(host: string, bridge: Bridge): void;
  join(host: string, bridge: Bridge): void;
  remove(): void;
}

const SUBNETS: Record<Bridge, string> = { database: '10.77.1', world: '10.77.2' };

/** @returns why there can be none here; null: there can */
export function whyNoNetwork(): string | null {
  if (process.platform !== 'linux') return 'there are no network namespaces on this system';
  if (process.getuid?.() !== 0) return 'only root makes network namespaces';
  const name = `pawl-try-${process.pid}`;
  const made = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  if (made.status !== 0) return `ip netns add: ${made.error?.message ?? made.stderr.trim()}`;
  const linked = spawnSync('ip', ['-n', name, 'link', 'add', 'name', 'b', 'type', 'bridge'], {
    encoding: 'utf8',
  });
  spawnSync('ip', ['netns', 'del', name]);
  return linked.status === 0 ? null : `ip link add type bridge: ${linked.stderr.trim()}`;
}

/**
 * A network that is there.
 * @param hosts in the order in which it was made with them
 */
export function networkOf(id: string, hosts: readonly string[]): Network {
  const namespace = (host: string) => `pawl-${id}-${host}`;
  const hub = namespace(HUB);
  return {
    namespace,
    address: (host, bridge) => `${SUBNETS[bridge]}.${hosts.indexOf(host) + 1}`,
    cut: (host, bridge) => ip('-n', hub, 'link', 'set', 'dev', port(host, bridge), 'down'),
    join: (host, bridge) => ip('-n', hub, 'link', 'set', 'dev', port(host, bridge), 'up'),
    remove() {
      for (const host of [HUB, ...hosts]) spawnSync('ip', ['netns', 'del', namespace(host)]);
    },
  };
}

/** @param hosts each gets a namespace of its own, and an address on each bridge */
export function createNetwork(id: string, hosts: readonly string[]): Network {
  const network = networkOf(id, hosts);
  const { namespace, address } = network;
  const hub = namespace(HUB);
  const add = (name: string) => {
    ip('netns', 'add', name);
    ip('-n', name, 'link', 'set', 'dev', 'lo', 'up');
  };
  try {
    add(hub);
    for (const bridge of BRIDGES) {
      ip('-n', hub, 'link', 'add', 'name', bridge, 'type', 'bridge');
      ip('-n', hub, 'link', 'set', 'dev', bridge, 'up');
    }
    for (const host of hosts) {
      add(namespace(host));
      for (const bridge of BRIDGES) {
        const line = ['link', 'add', 'name', port(host, bridge), 'type', 'veth', 'peer', 'name', bridge];
        ip('-n', hub, ...line, 'netns', namespace(host));
        ip('-n', hub, 'link', 'set', 'dev', port(host, bridge), 'master', bridge, 'up');
        ip('-n', namespace(host), 'addr', 'add', `${address(host, bridge)}/24`, 'dev', bridge);
        ip('-n', namespace(host), 'link', 'set', 'dev', bridge, 'up');
      }
    }
    return network;
  } catch (error) {
    network.remove();
    throw error;
  }
}

const HUB = 'hub';

/** The end of a host's line that is in the hub; a name has at most 15 characters. */
const port = (host: string, bridge: Bridge): string => `${bridge[0]}-${host}`;

function ip(...args: string[]): void {
  const { status, stderr, error } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
}
