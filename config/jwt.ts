// Tokens of tenant users: who makes them, and with what they are checked.
import type { IsSet, Report } from './reading.ts';
import { JWT_KEY_ALGORITHMS, JWT_SECRET_ALGORITHMS, type JwtAlgorithm, type Values } from './variables.ts';

export interface JwtConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly keys:
    | { readonly kind: 'jwks'; readonly url: string }
    | { readonly kind: 'secret'; readonly secret: string };
  readonly algorithms: readonly JwtAlgorithm[];
  readonly tenantClaim: string;
  readonly rolesClaim: string;
}

// The claims' names have defaults and ask for nothing by themselves.
const JWT_ASKED_BY = ['JWT_ISSUER', 'JWT_AUDIENCE', 'JWT_JWKS_URL', 'JWT_SECRET', 'JWT_ALGORITHMS'] as const;

/** Undefined when nothing asks for tokens of tenant users. What it returns beside a reported problem is not used. */
export function readJwt(values: Partial<Values>, isSet: IsSet, report: Report): JwtConfig | undefined {
  const asked = JWT_ASKED_BY.filter(isSet);
  if (asked.length === 0) return undefined;
  for (const name of ['JWT_ISSUER', 'JWT_AUDIENCE'] as const) {
    if (!isSet(name))
      report(name, 'config_variable_missing', `is not set; expected beside ${asked.join(', ')}.`);
  }
  if (isSet('JWT_JWKS_URL') && isSet('JWT_SECRET')) {
    report(
      'JWT_SECRET',
      'config_variable_conflict',
      'is set together with JWT_JWKS_URL; expected one of them.',
    );
  } else if (!isSet('JWT_JWKS_URL') && !isSet('JWT_SECRET')) {
    report('JWT_JWKS_URL', 'config_variable_missing', 'is not set; expected it, or JWT_SECRET.');
  }
  const secret = values.JWT_SECRET;
  const algorithms = values.JWT_ALGORITHMS ?? (secret === undefined ? ['RS256', 'ES256'] : ['HS256']);
  checkAlgorithms(algorithms, secret, report);
  return {
    issuer: values.JWT_ISSUER ?? '',
    audience: values.JWT_AUDIENCE ?? '',
    keys:
      secret === undefined ? { kind: 'jwks', url: values.JWT_JWKS_URL ?? '' } : { kind: 'secret', secret },
    algorithms,
    tenantClaim: values.JWT_TENANT_CLAIM ?? '',
    rolesClaim: values.JWT_ROLES_CLAIM ?? '',
  };
}

// RFC 7518, section 3.2: an HMAC key is at least as long as the hash it is used with.
const SECRET_BYTES_BY_ALGORITHM: Partial<Record<JwtAlgorithm, number>> = { HS256: 32, HS384: 48, HS512: 64 };

/** A token must not choose between a public key and a shared secret: each source takes its own algorithms only. */
function checkAlgorithms(
  algorithms: readonly JwtAlgorithm[],
  secret: string | undefined,
  report: Report,
): void {
  const fitting: readonly JwtAlgorithm[] = secret === undefined ? JWT_KEY_ALGORITHMS : JWT_SECRET_ALGORITHMS;
  const strange = algorithms.filter((algorithm) => !fitting.includes(algorithm));
  if (strange.length > 0) {
    const source = secret === undefined ? 'JWT_JWKS_URL' : 'JWT_SECRET';
    report(
      'JWT_ALGORITHMS',
      'config_variable_conflict',
      `names ${strange.join(', ')}; expected with ${source} only ${fitting.join(', ')}.`,
    );
  }
  if (secret === undefined) return;
  const leastBytes = Math.max(
    32,
    ...algorithms.map((algorithm) => SECRET_BYTES_BY_ALGORITHM[algorithm] ?? 0),
  );
  const bytes = Buffer.byteLength(secret);
  if (bytes < leastBytes) {
    report('JWT_SECRET', 'config_variable_invalid', `has ${bytes} bytes; expected at least ${leastBytes}.`);
  }
}
