// Between a host name and a socket: resolve, refuse if any answer is denied, and say in our words why a
// connection did not come about. Knows DNS and addresses; knows nothing of HTTP.
import { lookup as lookupAddresses } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { BLOCKED_MESSAGE, isDenied, type Policy } from './address-rules.ts';
import type { NotSentCode } from './request.ts';

/** What a resolver answers; `family` is not trusted, the address's own form decides. */
interface ResolvedAddress {
  address: string;
  family: number;
}

/** All addresses of a name, as the system resolver gives them (hosts file and search domains included). */
export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>;

/** No connection was made, so nothing was sent. `message` is fit for a tenant to read. */
export class DialError extends Error {
  override readonly name = 'DialError';
  readonly code: NotSentCode;

  constructor(code: NotSentCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Names the failure of an IP literal before any socket is made: net.connect never looks a literal up. */
export function refuseLiteral(host: string, policy: Policy): DialError | null {
  return isIP(host) !== 0 && isDenied(host, policy) ? blocked() : null;
}

/**
 * A `lookup` for net.connect that hands out only addresses that were just checked, so the address
 * dialled is the address judged. One denied answer refuses the whole name: an attacker orders the answers.
 */
export function createGuardedLookup(policy: Policy, resolve: Resolve = resolveWithSystem): LookupFunction {
  const resolveOnce = shareInFlight(resolve);
  return (host, options, callback) => {
    resolveOnce(host).then(
      (answers) => {
        const first = answers[0];
        if (first === undefined) return callback(unresolved(), []);
        if (answers.some(({ address }) => isDenied(address, policy))) return callback(blocked(), []);
        if (!options.all) return callback(null, first.address, isIP(first.address));
        return callback(
          null,
          answers.map(({ address }) => ({ address, family: isIP(address) })),
        );
      },
      () => callback(unresolved(), []),
    );
  };
}

/** Translates what net, tls and the connector report. The original text may name addresses: it is dropped. */
export function toDialError(error: Error, protocol: string): DialError {
  if (error instanceof DialError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  switch (code) {
    case 'ECONNREFUSED':
      return new DialError('refused', 'The receiver refused the connection.');
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return new DialError('connect_timeout', 'The receiver did not accept a connection in time.');
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return new DialError('unreachable', 'There is no route to the receiver.');
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOBUFS':
      return new DialError('connect_failed', 'No socket was free to connect with.');
  }
  if (protocol === 'https:') return new DialError('tls', tlsMessage(code));
  return new DialError('connect_failed', 'The connection could not be made.');
}

function tlsMessage(code: string): string {
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return "The receiver's certificate is for another host name.";
    case 'CERT_HAS_EXPIRED':
      return "The receiver's certificate has expired.";
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return "The receiver's certificate is not signed by a trusted authority.";
    default:
      return 'The TLS handshake with the receiver failed.';
  }
}

const resolveWithSystem: Resolve = (host) => lookupAddresses(host, { all: true, order: 'verbatim' });

/**
 * Sockets opened to one name at the same moment share one question: getaddrinfo runs on libuv's few
 * threads, and a slow name asked for once per socket would starve every other name. Nothing is kept after the answer.
 */
function shareInFlight(resolve: Resolve): Resolve {
  const asked = new Map<string, Promise<readonly ResolvedAddress[]>>();
  return (host) => {
    let answer = asked.get(host);
    if (answer === undefined) {
      answer = resolve(host).finally(() => asked.delete(host));
      asked.set(host, answer);
    }
    return answer;
  };
}

const blocked = () => new DialError('blocked', BLOCKED_MESSAGE);
const unresolved = () => new DialError('dns', "The receiver's name could not be resolved.");
