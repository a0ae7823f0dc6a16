// How people sign in: sessions, and an identity provider beside passwords.
import { defined, type IsSet, type Report } from './reading.ts';
import type { Values } from './variables.ts';

export interface SignInConfig {
  /** Signs sessions; undefined: that of development, in `directory`. */
  readonly secret?: string;
  /** `invited`: only who was invited gets an account, and only the operator makes tenants. */
  readonly signUp: 'open' | 'invited';
  /** An identity provider that people may sign in with instead of a password. */
  readonly oidc?: { readonly issuer: string; readonly clientId: string; readonly clientSecret: string };
}

const OIDC = ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'] as const;

/** Development signs in by itself; anywhere else it takes a secret, and the address that cookies and origins belong to. */
export function readSignIn(values: Partial<Values>, isSet: IsSet, report: Report): SignInConfig | undefined {
  const development = !isSet('DATABASE_URL');
  const oidcAsked = OIDC.filter(isSet);
  for (const name of OIDC) {
    if (oidcAsked.length > 0 && !isSet(name)) {
      report(name, 'config_variable_missing', `is not set; expected beside ${oidcAsked.join(', ')}.`);
    }
  }
  if (!development && !isSet('AUTH_SECRET')) {
    const asked = ([...OIDC, 'AUTH_SIGN_UP'] as const).filter(isSet);
    if (asked.length > 0) {
      report('AUTH_SECRET', 'config_variable_missing', `is not set; expected beside ${asked.join(', ')}.`);
    }
    return undefined;
  }
  if (!isSet('PUBLIC_URL') && (!development || oidcAsked.length > 0)) {
    const beside = oidcAsked.length > 0 ? oidcAsked.join(', ') : 'AUTH_SECRET';
    report('PUBLIC_URL', 'config_variable_missing', `is not set; expected beside ${beside}.`);
  }
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret } = values;
  return {
    ...defined({ secret: values.AUTH_SECRET }),
    signUp: values.AUTH_SIGN_UP ?? (development ? 'open' : 'invited'),
    ...(issuer && clientId && clientSecret && { oidc: { issuer, clientId, clientSecret } }),
  };
}
