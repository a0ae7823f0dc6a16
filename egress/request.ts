// What goes out and what came of it, as plain data: the types shared by whoever builds a request,
// sends it and judges the result. Nothing here runs.

/** One request as it will be written to the wire. `url` is absolute; header names are lower case. */
export interface OutboundRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: Buffer | string | null;
}

/** Why nothing went out. Every one of these is safe to repeat; only some are worth repeating. */
export type NotSentCode =
  | 'invalid_request' // malformed URL, method, header or scheme: repeating cannot help
  | 'blocked' // the address rules forbid it: repeating cannot help
  | 'dns' // the name did not resolve
  | 'refused' // the receiver's machine refused the connection
  | 'unreachable' // no route to the receiver
  | 'tls' // the TLS handshake failed
  | 'connect_timeout' // no connection within the deadline
  | 'connect_failed' // the connection failed for another reason
  | 'busy' // too many requests already wait for this origin
  | 'cancelled' // the caller's signal fired first
  | 'closed'; // the sender was closed

/** Why the outcome of a request that may have reached the receiver is not known. */
export type UnknownCode =
  | 'timeout' // the deadline passed before the answer was complete
  | 'reset' // the connection ended before the answer was complete
  | 'bad_response' // what came back is not HTTP
  | 'too_large' // the answer's headers exceed the limit
  | 'cancelled'; // the caller's signal fired before the answer was complete

/** A complete answer, of any status: 3xx is one too, as redirects are never followed. */
export interface Answered {
  phase: 'answered';
  status: number;
  /** Lower-case names; repeated headers joined with `, `. Has no prototype. */
  headers: Record<string, string>;
  /** The body as it came over the wire (never decompressed), cut at `maxResponseBytes`. */
  body: Buffer;
  /** Octets of body received; when `truncated`, receiving stopped here and the connection was closed. */
  bodyBytes: number;
  truncated: boolean;
  /** Octets of the request: request line, headers and body. */
  requestBytes: number;
  durationMs: number;
}

/** Nothing was written to the receiver. `message` never says which rule or address was involved. */
export interface NotSent {
  phase: 'not_sent';
  code: NotSentCode;
  message: string;
  durationMs: number;
}

/** At least one octet may have left, and no complete answer came. */
export interface Unknown {
  phase: 'unknown';
  code: UnknownCode;
  message: string;
  requestBytes: number;
  durationMs: number;
  /** The status, where the answer broke off after its headers. */
  status?: number;
}

export type SendResult = Answered | NotSent | Unknown;

export interface SendOptions {
  /** One deadline in milliseconds over queueing, DNS, connecting, headers and body. */
  timeoutMs: number;
  /** Ends the send early. One signal may be shared by any number of sends. */
  signal?: AbortSignal;
  /** Octets of response body read at most; default 1 MiB. */
  maxResponseBytes?: number;
}
