// `pawl users`: what only the operator can do for somebody who signs in.
import { resetPassword } from '../../api/auth/reset-password.ts';
import { openSignInStore } from '../../db/sign-in-store.ts';
import { type Command, readArgs, required, subcommandOf } from '../command.ts';
import { asOperator } from '../operator.ts';

export const command: Command = {
  help: `
Usage: pawl users reset-password --email <address>

Makes a new password and ends every session of that user. The password is shown once: pass it on, and have it changed.`,
  async run(args) {
    const { rest } = subcommandOf(args, ['reset-password']);
    const { values } = readArgs(rest, { email: { type: 'string' } });
    const email = required(values.email, 'email');
    return asOperator(async (db, _, databaseUrl) => {
      const store = openSignInStore({ url: databaseUrl, poolMax: 1 });
      try {
        console.log(`password  ${await resetPassword(db, store, email)}`);
        return 0;
      } finally {
        await store.close();
      }
    });
  },
};
