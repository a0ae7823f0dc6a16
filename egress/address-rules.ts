// Which addresses a tenant's URL may lead to. Pure: it looks at text and numbers, never at the network,
// so it runs alike when a connection is saved and each time a socket is about to be dialled.
import { BlockList, isIP } from 'node:net';

/** What the operator allows beyond https to public addresses. */
export interface Policy {
  readonly allowHttp: boolean;
  /** Ports allowed besides the scheme's own (443, and 80 where http is allowed). */
  readonly allowedPorts: readonly number[] | 'any';
  /** CIDR ranges allowed although a rule denies them, e.g. `10.20.0.0/16` or `127.0.0.0/8` in development. */
  readonly allowedCidrs: readonly string[];
}

/** https to public addresses on port 443, nothing else. */
export const STRICT_POLICY: Policy = { allowHttp: false, allowedPorts: [], allowedCidrs: [] };

/** The one sentence for everything the rules forbid: which rule it was would map the operator's network. */
export const BLOCKED_MESSAGE = 'The address is not allowed.';

type Target =
  | {
      ok: true;
      url: URL;
      /** `scheme://host[:port]`, the port only where it is not the scheme's own. */
      origin: string;
    }
  | { ok: false; code: 'invalid_url' | 'blocked'; message: string };

/**
 * Reads an absolute URL a tenant supplied and applies every rule that needs no DNS answer.
 * An `ok` target may still be refused when it is dialled: names are judged by what they resolve to then.
 */
export function parseTarget(text: string, policy: Policy): Target {
  if (text.length > MAX_URL_CHARS) return invalid(`A URL may have at most ${MAX_URL_CHARS} characters.`);
  if (!ABSOLUTE_URL.test(text))
    return invalid('The URL must start with https:// and hold no spaces, controls or backslashes.');
  // The authority ends at the first of / ? #; an @ in it is userinfo, even an empty one.
  if (USERINFO.test(text)) return invalid('The URL must not carry a user name or password.');
  const url = URL.parse(text);
  if (url === null) return invalid('The URL is malformed.');
  const secure = url.protocol === 'https:';
  if (!secure && !policy.allowHttp) return invalid('Only https URLs are allowed.');
  if (!isPortAllowed(url.port, policy)) return blocked();
  const host = url.hostname;
  const ip = host.charCodeAt(0) === OPENING_BRACKET ? host.slice(1, -1) : host;
  if (isIP(ip) !== 0) return isDenied(ip, policy) ? blocked() : { ok: true, url, origin: url.origin };
  if (host.length > MAX_NAME_CHARS || !DNS_NAME.test(host)) return invalid('The host name is malformed.');
  // Names of the operator's own network lead nowhere public. Where some of that network is allowed,
  // the addresses they resolve to decide.
  if (policy.allowedCidrs.length === 0 && INTERNAL_NAME.test(host)) return blocked();
  return { ok: true, url, origin: url.origin };
}

/**
 * Whether the rules forbid to dial `ip`. Whatever is not a plain IP address (a name, a zone id) is denied.
 * @throws TypeError where the policy names a malformed CIDR.
 */
export function isDenied(ip: string, policy: Policy): boolean {
  const allowed = allowedRanges(policy);
  const family = isIP(ip);
  if (family === 4) return isIpv4Denied(ip, allowed);
  if (family !== 6 || ip.includes('%')) return true;
  const embedded = embeddedIpv4(ip);
  if (embedded?.kind === 'mapped') return isIpv4Denied(embedded.address, allowed);
  if (!allowed.check(ip, 'ipv6')) return DENIED_IPV6.check(ip, 'ipv6');
  // An operator on an IPv6-only network allows its NAT64 prefix: that must not open IPv4 loopback.
  return embedded !== null && isIpv4Denied(embedded.address, allowed);
}

/** Finds a mistake in the policy when the process starts rather than at the first socket. @throws TypeError */
export function checkPolicy(policy: Policy): void {
  allowedRanges(policy);
}

// Longer than any URL a receiver accepts, short enough that parsing stays cheap.
const MAX_URL_CHARS = 8_192;
// RFC 1035 §2.3.4, without the trailing dot.
const MAX_NAME_CHARS = 253;
const OPENING_BRACKET = 0x5b;

// WHATWG URL parsing forgives `http:host`, `http:\\host`, tabs and newlines; two parsers then disagree on the host.
const ABSOLUTE_URL = /^https?:\/\/[^/\\?#\s][^\\\p{Cc}\s]*$/iu;
const USERINFO = /^https?:\/\/[^/?#]*@/i;
// After URL parsing: lower case, punycode. A trailing dot would name the same host by a second origin.
const DNS_NAME = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/;
// A name without a dot, a special-use top level (RFC 6761, 6762, 8375, 9476), or a cloud's metadata service.
const INTERNAL_NAME =
  /^[^.]+$|(?:^|\.)(?:localhost|local|localdomain|internal|intranet|private|corp|home|lan|home\.arpa|metadata\.goog)$/;

// IANA special-purpose registries, and what clouds add. Each entry is one a socket could be dialled at.
const DENIED_IPV4_CIDRS = [
  '0.0.0.0/8', // this network; 0.0.0.0 reaches loopback on Linux
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier-grade NAT; clouds put services here
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // Azure's host agent
  '169.254.0.0/16', // link-local; instance metadata
  '172.16.0.0/12', // private
  '192.0.0.0/24', // IETF protocol assignments; Oracle's metadata
  '192.0.2.0/24', // documentation
  '192.31.196.0/24', // AS112
  '192.52.193.0/24', // AMT
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '192.175.48.0/24', // AS112
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
];
const DENIED_IPV6_CIDRS = [
  // Only 2000::/3 is given out as global unicast; these three are all the rest, named ranges included:
  // ::/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 | 5f00::/16 | fc00::/7 fe80::/10 fec0::/10 ff00::/8.
  '::/3',
  '4000::/2',
  '8000::/1',
  '2001::/23', // IETF protocol assignments, Teredo, ORCHID
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: carries an IPv4 address
  '2620:4f:8000::/48', // AS112
  '3fff::/20', // documentation
];

// BlockList.check answers false for an address of the other family, so each family has its own list.
const DENIED_IPV4 = ranges(DENIED_IPV4_CIDRS);
const DENIED_IPV6 = ranges(DENIED_IPV6_CIDRS);

const compiledPolicies = new WeakMap<Policy, BlockList>();

function allowedRanges(policy: Policy): BlockList {
  let compiled = compiledPolicies.get(policy);
  if (compiled === undefined) {
    compiled = ranges(policy.allowedCidrs);
    compiledPolicies.set(policy, compiled);
  }
  return compiled;
}

function ranges(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const parsed = parseCidr(cidr);
    if (parsed === null) throw new TypeError(`not a CIDR range: ${cidr}`);
    list.addSubnet(parsed.network, parsed.prefix, parsed.family);
  }
  return list;
}

/** A CIDR as BlockList takes it, or null. A bare address is not a CIDR: a prefix forgotten is a mistake. */
function parseCidr(cidr: string): { network: string; prefix: number; family: 'ipv4' | 'ipv6' } | null {
  const [network = '', prefixText = '', ...rest] = cidr.split('/');
  const family = isIP(network);
  if (family === 0 || network.includes('%') || rest.length > 0 || !/^\d{1,3}$/.test(prefixText)) return null;
  const prefix = Number(prefixText);
  if (prefix > (family === 4 ? 32 : 128)) return null;
  return { network, prefix, family: family === 4 ? 'ipv4' : 'ipv6' };
}

function isIpv4Denied(ip: string, allowed: BlockList): boolean {
  return !allowed.check(ip, 'ipv4') && DENIED_IPV4.check(ip, 'ipv4');
}

function isPortAllowed(port: string, policy: Policy): boolean {
  if (port === '') return true; // the scheme's own
  const number = Number(port);
  return number !== 0 && (policy.allowedPorts === 'any' || policy.allowedPorts.includes(number));
}

/** The IPv4 address inside an IPv6 address that a host or a gateway would unwrap. `ip` is valid and has no zone. */
function embeddedIpv4(ip: string): { kind: 'mapped' | 'translated'; address: string } | null {
  const g = ipv6Groups(ip);
  const low = dotted(g[6], g[7]);
  const startsWith = (...prefix: number[]) => prefix.every((group, i) => g[i] === group);
  if (startsWith(0, 0, 0, 0, 0, 0xffff)) return { kind: 'mapped', address: low };
  if (startsWith(0, 0, 0, 0, 0xffff, 0)) return { kind: 'translated', address: low }; // SIIT
  // IPv4-compatible. `::` and `::1` have the form and are none: 0.0.0.0/16 was never embedded.
  if (startsWith(0, 0, 0, 0, 0, 0) && g[6] !== 0) return { kind: 'translated', address: low };
  if (startsWith(0x64, 0xff9b)) return { kind: 'translated', address: low }; // NAT64, well-known and local-use
  if (startsWith(0x2002)) return { kind: 'translated', address: dotted(g[1], g[2]) }; // 6to4
  return null;
}

function ipv6Groups(ip: string): number[] {
  const lastColon = ip.lastIndexOf(':');
  const tail = ip.slice(lastColon + 1);
  if (tail.includes('.')) {
    const [a = 0, b = 0, c = 0, d = 0] = tail.split('.').map(Number);
    return ipv6Groups(`${ip.slice(0, lastColon + 1)}${hex(a * 256 + b)}:${hex(c * 256 + d)}`);
  }
  const [head = '', rest] = ip.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = rest === undefined || rest === '' ? [] : rest.split(':');
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
}

const hex = (value: number) => value.toString(16);

function dotted(high = 0, low = 0): string {
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

function invalid(message: string): Target {
  return { ok: false, code: 'invalid_url', message };
}

function blocked(): Target {
  return { ok: false, code: 'blocked', message: BLOCKED_MESSAGE };
}
