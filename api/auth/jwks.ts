// The public keys of the tenants' identity provider: fetched through the guarded sender, kept, and fetched again when
// a token names a key that is not among them.
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Sender } from '../../egress/sender.ts';
import { PawlError } from '../../engine/errors.ts';

export type FetchJson = (url: string) => Promise<unknown>;

/** A key that was withdrawn is accepted this long at most. */
const TRUSTED_FOR_MS = 10 * 60_000;
/** Tokens that name made-up keys must not make us ask the provider at every request. */
const COOLDOWN_MS = 30_000;
/** As long as there are none at all nobody can sign in: ask again soon. */
const COOLDOWN_WITHOUT_KEYS_MS = 1_000;
const FETCH_TIMEOUT_MS = 5_000;
/** Hundreds of keys; a real set has a handful. */
const SET_BYTES_MAX = 262_144;

/**
 * @param nowMs any clock that only counts on
 * @returns finds the key of a token; throws PawlError Unavailable `jwks_unavailable` when there is no set to look in
 */
export function createJwks(url: string, fetchJson: FetchJson, nowMs: () => number): JWTVerifyGetKey {
  let known: { find: JWTVerifyGetKey; fetchedAt: number } | null = null;
  let fetching: Promise<void> | null = null;
  let askedAt = Number.NEGATIVE_INFINITY;

  async function load(): Promise<void> {
    askedAt = nowMs();
    const set = (await fetchJson(url)) as JSONWebKeySet;
    known = { find: createLocalJWKSet(set), fetchedAt: nowMs() };
  }

  /** One fetch at a time, whoever asks; a failed one keeps the keys that are known. */
  function refresh(): Promise<void> {
    const cooldownMs = known === null ? COOLDOWN_WITHOUT_KEYS_MS : COOLDOWN_MS;
    if (fetching === null && nowMs() - askedAt < cooldownMs) return Promise.resolve();
    fetching ??= load()
      .catch(() => {})
      .finally(() => {
        fetching = null;
      });
    return fetching;
  }

  return async (header, token) => {
    if (known === null || nowMs() - known.fetchedAt > TRUSTED_FOR_MS) await refresh();
    if (known === null) throw unavailable();
    try {
      return await known.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await refresh();
      return known.find(header, token);
    }
  };
}

/** Fetches JSON by a GET through `sender`. Rejects on anything but a whole 200 with JSON in it. */
export function fetchesJson(sender: Sender): FetchJson {
  return async (url) => {
    const request = { method: 'GET', url, headers: { accept: 'application/json' }, body: null };
    const result = await sender.send(request, {
      timeoutMs: FETCH_TIMEOUT_MS,
      maxResponseBytes: SET_BYTES_MAX,
    });
    if (result.phase !== 'answered' || result.status !== 200 || result.truncated) throw unavailable();
    return JSON.parse(result.body.toString('utf8'));
  };
}

function unavailable(): PawlError {
  return new PawlError(
    'Unavailable',
    'jwks_unavailable',
    'The keys of the identity provider cannot be fetched at the moment.',
  );
}
