// Which address a request comes from, where proxies stand in between: the last one in the chain that is not ours.
import { BlockList, isIP } from 'node:net';

/**
 * @param remote the address at the other end of the socket, if there is one
 * @param forwardedFor the header X-Forwarded-For, which anybody may have written but for what our own proxies added
 * @param proxies holds the addresses of our own proxies
 */
export function clientAddress(
  remote: string | null,
  forwardedFor: string | undefined,
  proxies: BlockList,
): string | null {
  let address = remote === null ? null : plain(remote);
  if (address === null) return null;
  const chain = (forwardedFor ?? '').split(',').map((hop) => plain(hop.trim()));
  while (chain.length > 0 && contains(proxies, address)) {
    const before = chain.pop() ?? null;
    // What is no address was not written by a proxy that knew one.
    if (before === null) break;
    address = before;
  }
  return address;
}

/** @throws TypeError or RangeError for what is no range; configuration was checked for that */
export function addressRanges(cidrs: readonly string[]): BlockList {
  const ranges = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', length] = cidr.split('/');
    ranges.addSubnet(network, Number(length), isIP(network) === 4 ? 'ipv4' : 'ipv6');
  }
  return ranges;
}

/** What counts as one sender: an IPv4 address, or the 64 bits of IPv6 that a household or a machine is given. */
export function senderOf(address: string): string {
  if (isIP(address) !== 6) return address;
  // The URL parser writes an IPv6 address in its one short form.
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === '' ? 0 : tail.split(':').length;
  while (groups.length + missing < 8) groups.push('0');
  return `${[...groups, ...tail.split(':')].slice(0, 4).join(':')}::/64`;
}

/** Without zone, brackets and port; an IPv4 address that IPv6 carries, as IPv4. Null for what is no address. */
function plain(text: string): string | null {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? text.replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1');
  const address = (bare.split('%')[0] ?? '').replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(address) === 0 ? null : address;
}

const contains = (ranges: BlockList, address: string): boolean =>
  ranges.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
