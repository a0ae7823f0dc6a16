// Tokens of tenant users, made by the tenants' identity provider: algorithm, type, issuer, audience and expiry pinned.
import { createSecretKey } from 'node:crypto';
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Clock } from '../../db/clock.ts';
import { PawlError } from '../../engine/errors.ts';
import { createJwks, type FetchJson } from './jwks.ts';
import { ORGANISATION_ROLES, type OrganisationRole } from './principal.ts';

/** `config.jwt` is one. */
export interface JwtOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly keys:
    | { readonly kind: 'jwks'; readonly url: string }
    | { readonly kind: 'secret'; readonly secret: string };
  readonly algorithms: readonly string[];
  readonly tenantClaim: string;
  readonly rolesClaim: string;
}

export interface TokenBearer {
  /** The token's `sub`. */
  id: string;
  tenantId: string;
  roles: OrganisationRole[];
  /** From the claim `groups`, if there is one. */
  groups: string[];
}

/** @throws PawlError Unauthorized `token_expired`, `invalid_credentials`; Unavailable `jwks_unavailable` */
export type VerifyToken = (token: string) => Promise<TokenBearer>;

/** Machines disagree on the time by this much without anybody being wrong. */
const CLOCK_TOLERANCE_S = 5;
/** RFC 7519 and RFC 9068: an access token, never an ID token or a logout token of the same issuer. */
const TOKEN_TYPES = new Set(['jwt', 'at+jwt']);
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** What can stand in a log entry and a role assignment. */
const NAME = /^[^\p{Cc}\p{Cs}]{1,255}$/u;
const GROUPS_MAX = 200;

export function createTokenVerifier(
  options: JwtOptions,
  { fetchJson, clock }: { fetchJson: FetchJson; clock: Clock },
): VerifyToken {
  const { keys, issuer, audience } = options;
  const secret = keys.kind === 'secret' ? createSecretKey(Buffer.from(keys.secret)) : null;
  const findKey: JWTVerifyGetKey =
    keys.kind === 'jwks'
      ? createJwks(keys.url, fetchJson, () => performance.now())
      : async () => secret as NonNullable<typeof secret>;

  return async (token) => {
    const { payload, protectedHeader } = await jwtVerify(token, findKey, {
      issuer,
      audience,
      algorithms: [...options.algorithms],
      requiredClaims: ['exp', 'sub', options.tenantClaim],
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: clock.now(),
    }).catch((error) => {
      throw refusal(error);
    });
    const type = protectedHeader.typ?.toLowerCase().replace(/^application\//, '');
    if (type === undefined || !TOKEN_TYPES.has(type)) throw invalid('its type is not JWT or at+jwt');
    return readBearer(payload, options);
  };
}

function readBearer(payload: JWTPayload, { tenantClaim, rolesClaim }: JwtOptions): TokenBearer {
  const { sub } = payload;
  const tenantId = payload[tenantClaim];
  if (typeof sub !== 'string' || !NAME.test(sub)) throw invalid('its "sub" names nobody');
  if (typeof tenantId !== 'string' || !UUID.test(tenantId))
    throw invalid(`its "${tenantClaim}" is no tenant`);
  const roles = textsOf(payload[rolesClaim]).filter((role): role is OrganisationRole =>
    ORGANISATION_ROLES.includes(role as OrganisationRole),
  );
  const groups = textsOf(payload.groups)
    .filter((group) => NAME.test(group))
    .slice(0, GROUPS_MAX);
  return { id: sub, tenantId: tenantId.toLowerCase(), roles, groups };
}

/** Identity providers write a list of one as its one member, too. */
function textsOf(claim: unknown): string[] {
  const values = Array.isArray(claim) ? claim : [claim];
  return values.filter((value) => typeof value === 'string');
}

function refusal(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) {
    return new PawlError('Unauthorized', 'token_expired', 'The token has expired.');
  }
  if (error instanceof errors.JWTClaimValidationFailed) return invalid(`its "${error.claim}" does not fit`);
  if (error instanceof errors.JOSEError) return invalid('it was not signed by the identity provider');
  return error;
}

function invalid(why: string): PawlError {
  return new PawlError('Unauthorized', 'invalid_credentials', `The token is not accepted: ${why}.`);
}
