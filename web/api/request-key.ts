// The Idempotency-Key of what a form asks for: pressed a second time, after an answer was lost, it is the same request.
import { useRef } from 'react';

export type RequestKey = { 'Idempotency-Key': string };

/** @returns the header for a body: the same for as long as the form asks for the same */
export function useRequestKey(): (body: unknown) => RequestKey {
  const last = useRef({ asked: '', key: '' });
  return (body) => {
    const asked = JSON.stringify(body);
    if (last.current.asked !== asked) last.current = { asked, key: newKey() };
    return { 'Idempotency-Key': last.current.key };
  };
}

/** `crypto.randomUUID` is only there where the page came over HTTPS. */
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
