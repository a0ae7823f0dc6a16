// AWS Signature Version 4 for a request that is otherwise finished. aws4 builds what is signed; the key is derived here.
import { createHmac } from 'node:crypto';
import aws4 from 'aws4';
import type { OutboundRequest } from '../egress/request.ts';

export interface SigningScope {
  service: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  now: Date;
}

/**
 * The request with `x-amz-date` and `authorization`. Every header it has is signed, with the host of its URL and the
 * length of its body; headers added later travel unsigned, which AWS allows but for `x-amz-…`.
 */
export function signed(request: OutboundRequest, scope: SigningScope): OutboundRequest {
  const { host, pathname, search } = new URL(request.url);
  const { service, region, accessKeyId, secretAccessKey } = scope;
  const stamp = scope.now.toISOString().replace(/[:-]|\.\d{3}/g, '');
  const headers = { ...request.headers, 'x-amz-date': stamp };
  const body = request.body ?? '';
  const framing = body.length === 0 ? {} : { 'content-length': Buffer.byteLength(body) };
  const signer = new Signer(
    {
      method: request.method,
      path: pathname + search,
      body,
      service,
      region,
      headers: { ...headers, ...framing, host },
      // aws4 would add (and sign) a content type that nobody sends.
      doNotModifyHeaders: true,
    },
    { accessKeyId, secretAccessKey },
  );
  signer.datetime = stamp;
  const authorization = signer.sign().headers?.Authorization;
  return { ...request, headers: { ...headers, authorization: String(authorization) } };
}

/** aws4 keeps derived keys in a map named by the secrets themselves; nothing of ours may hold a secret that long. */
class Signer extends aws4.RequestSigner {
  override signature(): string {
    const { secretAccessKey } = this.credentials;
    const steps = [this.getDate(), this.region, this.service, 'aws4_request'];
    const key = steps.reduce<Buffer | string>(
      (derived, step) => createHmac('sha256', derived).update(step).digest(),
      `AWS4${secretAccessKey}`,
    );
    return createHmac('sha256', key).update(this.stringToSign()).digest('hex');
  }
}
