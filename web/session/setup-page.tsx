// Where the address leads that the API writes into its log while it is new: the first account, then the organisation.
import { Anchor, Loader, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ProblemNote } from '../elements/problem-note.tsx';
import { accountQuery, waysQuery } from './door.ts';
import { enterOrganisation } from './enter-organisation.ts';
import { Front } from './front.tsx';
import { NewAccountForm } from './new-account-form.tsx';
import { OrganisationForm } from './organisation-form.tsx';
import { readFragment, session } from './session.ts';

export function SetupPage() {
  const [token] = useState(() => readFragment(window.location.hash, 'token') ?? '');
  const ways = useQuery(waysQuery);
  const account = useQuery(accountQuery);
  const proof = { 'X-Pawl-Setup': token };
  const failed = ways.error ?? account.error;
  if (failed) {
    return (
      <Front title="Set up Pawl">
        <ProblemNote error={failed} onRetry={() => void Promise.all([ways.refetch(), account.refetch()])} />
      </Front>
    );
  }
  if (!ways.data || account.data === undefined) {
    return (
      <Front title="Set up Pawl">
        <Loader size="sm" mx="auto" display="block" aria-label="Loading" />
      </Front>
    );
  }
  if (!ways.data.is_new) {
    return (
      <Front title="Pawl is set up">
        <Text size="sm">
          The first organisation has its members, and this address is worth nothing any more. Ask an Owner to
          invite you, or{' '}
          <Anchor href="/" underline="always" inherit>
            sign in
          </Anchor>
          .
        </Text>
      </Front>
    );
  }
  if (account.data === null) {
    return (
      <Front title="Make the first account" about="Step 1 of 2. Then you name your organisation, and own it.">
        <NewAccountForm proof={proof} onDone={() => account.refetch()} />
      </Front>
    );
  }
  return (
    <Front
      title="Name your organisation"
      about={`Step 2 of 2, as ${account.data.user.email}. Workflows, jobs and connections belong to it.`}
    >
      <OrganisationForm
        proof={proof}
        onDone={({ id }) => {
          session.hasCookie(true);
          void enterOrganisation(id);
        }}
      />
    </Front>
  );
}
