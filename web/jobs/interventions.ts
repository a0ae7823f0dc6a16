// How a person can step in, for each status of an action run.

export interface Intervention {
  path: '/api/v1/actions/{id}/retry' | '/api/v1/actions/{id}/resend' | '/api/v1/actions/{id}/skip';
  label: string;
  hint: string;
}

const RETRY: Intervention = {
  path: '/api/v1/actions/{id}/retry',
  label: 'Retry',
  hint: 'Fire it again. What was skipped because it failed is queued behind it.',
};
const RESEND: Intervention = {
  path: '/api/v1/actions/{id}/resend',
  label: 'Resend',
  hint: 'Send it again under the same Idempotency-Key: the receiver may have had it already.',
};
const SKIP: Intervention = {
  path: '/api/v1/actions/{id}/skip',
  label: 'Skip',
  hint: 'Go on without it: the rest of its list goes on.',
};

const BY_STATUS: Readonly<Record<string, readonly Intervention[]>> = {
  FAILED: [RETRY, SKIP],
  UNKNOWN: [RESEND, SKIP],
  RETRYING: [SKIP],
  QUEUED: [SKIP],
};

/** A run that is under way, or over, is left alone. */
export const interventionsFor = (status: string): readonly Intervention[] => BY_STATUS[status] ?? [];
