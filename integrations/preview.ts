// The request an action would send, with every secret as `***`: for simulate and the UI, where nothing is decrypted.
import type { JsonObject } from '../engine/json.ts';
import { assemble, type Built, type Call } from './build-request.ts';
import { isSecretField, MASK } from './credential-fields.ts';
import { endpointProvider } from './endpoint.ts';
import type { CheckedCredentials, Provider, RequestContext } from './provider.ts';

const SAMPLE_CONTEXT: RequestContext = {
  now: new Date(0),
  idempotencyKey: '<action run id>',
  userAgent: 'Pawl',
};

/**
 * As `buildRequest`, from the fields that may be shown (`publicFields`, or `maskedFields` to have optional secrets
 * appear too). Secret values in `shownFields` are ignored; required ones are filled with `***`.
 */
export function preview(
  provider: Provider,
  call: Call,
  shownFields: JsonObject,
  context: RequestContext = SAMPLE_CONTEXT,
): Built {
  const fields: JsonObject = {};
  for (const field of provider.fields) {
    const given = Object.hasOwn(shownFields, field.name) ? shownFields[field.name] : undefined;
    if (!isSecretField(provider, field.name)) {
      const value = given ?? field.default;
      if (value !== undefined) fields[field.name] = value;
    } else if (given !== undefined || field.optional !== true) {
      fields[field.name] = field.masked ?? MASK;
    }
  }
  // Not checked: masked values need not look like credentials, and nothing built from them is ever sent.
  const built = assemble(provider, call, fields as unknown as CheckedCredentials, context);
  return built.ok
    ? { ok: true, request: { ...built.request, headers: maskHeaders(built.request.headers) } }
    : built;
}

/** What an endpoint would get. It is signed with nothing, and of the signatures only their kind is shown. */
export function previewEndpoint(call: Call, { url, signedBy }: PreviewedEndpoint): Built {
  const nobodys = { url, secrets: [], keys: [] } as unknown as CheckedCredentials;
  const built = assemble(endpointProvider, call, nobodys, SAMPLE_CONTEXT);
  if (!built.ok) return built;
  const headers = { ...built.request.headers, 'webhook-signature': SIGNATURES[signedBy] };
  return { ok: true, request: { ...built.request, headers } };
}

export interface PreviewedEndpoint {
  url: string;
  signedBy: 'secret' | 'key' | 'both';
}

const SIGNATURES = { secret: `v1,${MASK}`, key: `v1a,${MASK}`, both: `v1,${MASK} v1a,${MASK}` } as const;

/** What was computed from a masked secret (Basic, a signature) looks real and is not: only the scheme is shown. */
function maskHeaders(headers: Record<string, string>): Record<string, string> {
  const value = headers.authorization;
  if (value === undefined) return headers;
  const scheme = /^\S+(?=\s)/.exec(value)?.[0];
  return { ...headers, authorization: scheme === undefined ? MASK : `${scheme} ${MASK}` };
}
