// OpenTelemetry traces, where an endpoint for them is configured. Spans leave in batches through the sender they are given:
// the exporters of the library dial by themselves.
import {
  context,
  isSpanContextValid,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions';
import type { Sender } from '../egress/sender.ts';
import type { Span, SpanStart, Tracing } from './span.ts';

export interface TracingOptions {
  /** Where OTLP over HTTP is taken, `/v1/traces` included. */
  url: string;
  headers: Readonly<Record<string, string>>;
  serviceName: string;
  version: string;
  process: string;
  /** The share of traces that begin here which is kept, 0 to 1. Who calls with a `traceparent` decides for himself. */
  ratio: number;
  send: Sender['send'];
  onError(error: unknown): void;
}

/** Longer than a collector takes; a batch that was lost is lost. */
const EXPORT_TIMEOUT_MS = 10_000;

export function createTracing(options: TracingOptions): Tracing & { stop(): Promise<void> } {
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      [ATTR_SERVICE_NAME]: options.serviceName,
      [ATTR_SERVICE_VERSION]: options.version,
      'pawl.process': options.process,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.ratio) }),
    spanProcessors: [new BatchSpanProcessor(exporterThrough(options))],
  });
  const tracer = provider.getTracer('pawl', options.version);

  function begin(name: string, { kind, parent, link, attributes = {} }: SpanStart): Span {
    const linked = spanContextOf(link);
    const links = linked ? [{ context: linked }] : [];
    const span = tracer.startSpan(name, { kind: KINDS[kind], attributes, links }, contextOf(parent));
    const { traceId, spanId, traceFlags } = span.spanContext();
    return {
      traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
      rename: (to) => void span.updateName(to),
      set: (more) => void span.setAttributes(more),
      end(failed) {
        if (failed !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failed });
        span.end();
      },
    };
  }

  return { begin, stop: () => provider.shutdown().catch(options.onError) };
}

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };

/** Version 00, and what later versions may add behind it. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-|$)/;

function contextOf(traceparent: string | undefined) {
  const parent = spanContextOf(traceparent);
  return parent ? trace.setSpanContext(context.active(), parent) : context.active();
}

function spanContextOf(traceparent: string | undefined): SpanContext | null {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return null;
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  const of = { traceId, spanId, traceFlags, isRemote: true };
  return isSpanContextValid(of) ? of : null;
}

function exporterThrough({ url, headers, send, onError }: TracingOptions): SpanExporter {
  return {
    async export(spans, done) {
      const body = JsonTraceSerializer.serializeRequest(spans);
      const request = {
        method: 'POST',
        url,
        headers: { ...headers, 'content-type': 'application/json' },
        body: Buffer.from(body ?? []),
      };
      const result = await send(request, { timeoutMs: EXPORT_TIMEOUT_MS });
      const taken = result.phase === 'answered' && result.status < 300;
      if (!taken) onError(new Error(`${spans.length} spans were not taken: ${describe(result)}`));
      done({ code: taken ? 0 : 1 });
    },
    async shutdown() {},
  };
}

const describe = (result: Awaited<ReturnType<Sender['send']>>): string =>
  result.phase === 'answered' ? `status ${result.status}` : result.code;
