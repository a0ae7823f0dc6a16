// A refusal inside better-auth, in the words it uses for its own: a code in capitals and a sentence.
import { APIError } from 'better-auth/api';

export function refuseSignIn(
  code: string,
  message: string,
  status: 'BAD_REQUEST' | 'UNAUTHORIZED' | 'FORBIDDEN' = 'BAD_REQUEST',
): APIError {
  return new APIError(status, { code, message });
}
