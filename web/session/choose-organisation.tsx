// For somebody who is signed in and works for no organisation yet, or for none that is known.
import { Anchor, Button, Loader, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ProblemNote } from '../elements/problem-note.tsx';
import { accountQuery, type Organisation, organisationsQuery, waysQuery } from './door.ts';
import { enterOrganisation } from './enter-organisation.ts';
import { Front } from './front.tsx';
import { OrganisationForm } from './organisation-form.tsx';
import { session } from './session.ts';

export function ChooseOrganisation() {
  const organisations = useQuery(organisationsQuery);
  const ways = useQuery(waysQuery);
  const { data: account } = useQuery(accountQuery);
  const failed = organisations.error ?? ways.error;
  const below = (
    <>
      {account && `Signed in as ${account.user.email}. `}
      <Anchor
        component="button"
        type="button"
        underline="always"
        inherit
        onClick={() => void session.signOut()}
      >
        Sign out
      </Anchor>
    </>
  );
  if (failed) {
    return (
      <Front title="Your organisations" below={below}>
        <ProblemNote error={failed} onRetry={() => void organisations.refetch()} />
      </Front>
    );
  }
  if (!organisations.data || !ways.data) {
    return (
      <Front title="Your organisations" below={below}>
        <Loader size="sm" mx="auto" display="block" aria-label="Loading" />
      </Front>
    );
  }
  if (organisations.data.length > 0) {
    return (
      <Front title="Which organisation?" below={below}>
        <Choices organisations={organisations.data} />
      </Front>
    );
  }
  if (ways.data.sign_up === 'open') {
    return (
      <Front
        title="Name your organisation"
        about="Workflows, jobs and connections belong to one. You own it, and invite others."
        below={below}
      >
        <OrganisationForm proof={{}} onDone={({ id }) => void enterOrganisation(id)} />
      </Front>
    );
  }
  return (
    <Front title="You are in no organisation" below={below}>
      <Text size="sm">
        Ask an Owner of one to invite {account?.user.email ?? 'you'}, and open the link they give you. Nothing
        else is missing.
      </Text>
    </Front>
  );
}

function Choices({ organisations }: { organisations: readonly Organisation[] }) {
  return (
    <Stack gap="xs">
      {organisations.map(({ id, name }) => (
        <Button key={id} variant="default" fullWidth onClick={() => void enterOrganisation(id)}>
          {name}
        </Button>
      ))}
    </Stack>
  );
}
