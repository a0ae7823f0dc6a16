// A stand-in of AWS KMS on this machine: its JSON 1.1 over HTTP, one or more keys, and the faults a test asks for.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface KmsCall {
  operation: string;
  keyId: string;
  context: Record<string, string>;
  authorization: string;
  userAgent: string;
}

export interface KmsFault {
  status: number;
  /** As KMS names it: `ThrottlingException`. */
  type: string;
}

export interface TestKms {
  endpoint: string;
  /** The ARN of its first key, which `alias/pawl` stands for too. */
  key: string;
  /** In order of arrival. */
  calls: KmsCall[];
  /** What it answers from now on; null: what is right. `'reset'` closes the connection. */
  fault: KmsFault | 'reset' | null;
  /** Another key of the account. @returns its ARN */
  addKey(): string;
  aliasTo(arn: string): void;
  close(): Promise<void>;
}

export const TEST_CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG' };
const REGION = 'eu-west-1';
const ARN = `arn:aws:kms:${REGION}:111122223333:key/`;
const SIGNED =
  /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/eu-west-1\/kms\/aws4_request, SignedHeaders=[^,]*host[^,]*, Signature=[0-9a-f]{64}$/;

export async function startKms(): Promise<TestKms> {
  const keys = new Map<string, Buffer>();
  const calls: KmsCall[] = [];
  let alias = '';

  function addKey(): string {
    const arn = `${ARN}${randomBytes(4).toString('hex')}`;
    keys.set(arn, randomBytes(32));
    return arn;
  }
  const key = addKey();
  alias = key;
  const arnOf = (keyId: string) => (keyId.endsWith('alias/pawl') ? alias : keyId);

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const asked = JSON.parse(Buffer.concat(chunks).toString());
    const operation = String(request.headers['x-amz-target']).replace('TrentService.', '');
    const { authorization = '', 'user-agent': userAgent = '' } = request.headers;
    calls.push({ operation, keyId: asked.KeyId, context: asked.EncryptionContext, authorization, userAgent });
    if (kms.fault === 'reset') return void request.socket.destroy();
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(body));
    };
    const refuse = ({ status, type }: KmsFault) =>
      answer(status, { __type: type, message: `User: ${ARN} ${type}` });
    if (kms.fault !== null) return refuse(kms.fault);
    if (!SIGNED.test(authorization)) return refuse({ status: 400, type: 'IncompleteSignature' });
    const arn = arnOf(asked.KeyId);
    const secret = keys.get(arn);
    if (!secret) return refuse({ status: 400, type: 'NotFoundException' });
    const context = canonical(asked.EncryptionContext);
    if (operation === 'Encrypt') {
      const blob = encrypt(arn, secret, context, Buffer.from(asked.Plaintext, 'base64'));
      return answer(200, { CiphertextBlob: blob.toString('base64'), KeyId: arn });
    }
    const blob = Buffer.from(asked.CiphertextBlob, 'base64');
    if (!blob.subarray(0, arn.length).equals(Buffer.from(arn)))
      return refuse({ status: 400, type: 'IncorrectKeyException' });
    const plaintext = decrypt(arn, secret, context, blob);
    if (plaintext === null) return refuse({ status: 400, type: 'InvalidCiphertextException' });
    answer(200, { Plaintext: plaintext.toString('base64'), KeyId: arn });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const kms: TestKms = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key,
    calls,
    fault: null,
    addKey,
    aliasTo(arn) {
      alias = arn;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return kms;
}

const canonical = (context: Record<string, string> | undefined): Buffer =>
  Buffer.from(JSON.stringify(Object.entries(context ?? {}).sort()));

/** The key's ARN in clear, nonce, ciphertext, tag; bound to the encryption context. */
function encrypt(arn: string, secret: Buffer, context: Buffer, plaintext: Buffer): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', secret, nonce);
  cipher.setAAD(context);
  return Buffer.concat([
    Buffer.from(arn),
    nonce,
    cipher.update(plaintext),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}

function decrypt(arn: string, secret: Buffer, context: Buffer, blob: Buffer): Buffer | null {
  const rest = blob.subarray(arn.length);
  const decipher = createDecipheriv('aes-256-gcm', secret, rest.subarray(0, 12));
  decipher.setAAD(context);
  decipher.setAuthTag(rest.subarray(-16));
  try {
    return Buffer.concat([decipher.update(rest.subarray(12, -16)), decipher.final()]);
  } catch {
    return null;
  }
}
