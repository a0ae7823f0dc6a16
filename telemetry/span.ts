// A span of a trace, as far as the parts know of it. Absent where tracing is off, so that it costs nothing there.

export type Attributes = Record<string, string | number | boolean>;

export interface Span {
  /** What a request carries on, see https://www.w3.org/TR/trace-context/#traceparent-header */
  readonly traceparent: string;
  rename(name: string): void;
  set(attributes: Attributes): void;
  /** @param failed why, where it did not do what it was for */
  end(failed?: string): void;
}

export type SpanKind = 'server' | 'client' | 'internal';

export interface SpanStart {
  kind: SpanKind;
  /** A `traceparent`: of the span it belongs to, or as a caller sent it. One that is malformed counts as none. */
  parent?: string | undefined;
  /** A `traceparent` of what led to it, where that is a trace of its own. */
  link?: string | undefined;
  attributes?: Attributes;
}

export interface Tracing {
  begin(name: string, start: SpanStart): Span;
}
