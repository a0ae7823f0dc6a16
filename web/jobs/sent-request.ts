// A request as its attempt keeps it.

export interface SentRequest {
  method: string;
  url: string;
  headers?: Record<string, string>;
  /** As it was sent: text. */
  body?: unknown;
}

/** The body as JSON where it is JSON, so that it can be read. */
export function bodyOf({ body }: SentRequest): unknown {
  if (typeof body !== 'string') return body ?? undefined;
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
