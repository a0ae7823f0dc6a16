// Where the link of an invitation leads: an account or signing in, and then one is a member.
import { Anchor, Badge, Button, Group, Loader, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, useSyncExternalStore } from 'react';
import { asProblem } from '../api/problem.ts';
import { ProblemNote } from '../elements/problem-note.tsx';
import { acceptInvitation, accountQuery, type InvitationTo, invitationQuery, waysQuery } from './door.ts';
import { enterOrganisation } from './enter-organisation.ts';
import { Front } from './front.tsx';
import { NewAccountForm } from './new-account-form.tsx';
import { PasswordForm } from './password-form.tsx';
import { readFragment, session } from './session.ts';
import { AtProvider } from './sign-in.tsx';

/** The token while somebody is at the identity provider, in this tab: a fragment does not come back from there. */
const KEPT = 'pawl.invitation';

function readToken(): string {
  const given = readFragment(window.location.hash, 'token');
  const token = given ?? window.sessionStorage.getItem(KEPT) ?? '';
  window.sessionStorage.removeItem(KEPT);
  return token;
}

export function InvitationPage() {
  const [token] = useState(readToken);
  const invitation = useQuery(invitationQuery(token));
  if (invitation.isPending) {
    return (
      <Front title="Your invitation">
        <Loader size="sm" mx="auto" display="block" aria-label="Loading" />
      </Front>
    );
  }
  if (invitation.isError) {
    const gone = asProblem(invitation.error).status === 404;
    return (
      <Front title={gone ? 'This invitation is not open' : 'Your invitation'} below={<ToPawl />}>
        {gone ? (
          <Text size="sm">
            It was accepted already, taken back, or is older than a week; or the link was not copied whole.
            Ask whoever invited you for another one.
          </Text>
        ) : (
          <ProblemNote error={invitation.error} onRetry={() => void invitation.refetch()} />
        )}
      </Front>
    );
  }
  return <Open token={token} invitation={invitation.data} />;
}

function Open({ token, invitation }: { token: string; invitation: InvitationTo }) {
  const { tenant, email, roles } = invitation;
  const by = useSyncExternalStore(session.subscribe, session.by);
  const account = useQuery(accountQuery);

  async function join() {
    await acceptInvitation(token);
    session.hasCookie(true);
    await enterOrganisation(tenant.id);
  }

  const mine = account.data?.user.email;
  return (
    <Front
      title={`Join ${tenant.name}`}
      about={
        <>
          <Text size="sm">
            You are invited as <b>{email}</b>
            {roles.length === 0 && ', without a role yet'}
          </Text>
          {roles.length > 0 && (
            <Group gap={6} justify="center" mt={6}>
              {roles.map((role) => (
                <Badge key={role} variant="light" tt="none" radius="sm">
                  {role}
                </Badge>
              ))}
            </Group>
          )}
        </>
      }
    >
      {account.isPending && <Loader size="sm" mx="auto" display="block" aria-label="Loading" />}
      {account.isError && <ProblemNote error={account.error} onRetry={() => void account.refetch()} />}
      {mine !== undefined && mine === email && <Join onJoin={join} />}
      {mine !== undefined && mine !== email && by !== 'asking' && (
        <SomebodyElse email={mine} invited={email} onLeft={() => void account.refetch()} />
      )}
      {account.data === null && <ComeIn token={token} invitation={invitation} onIn={join} />}
    </Front>
  );
}

function Join({ onJoin }: { onJoin(): Promise<void> }) {
  const joining = useMutation({ mutationFn: onJoin });
  return (
    <Stack>
      {joining.isError && <ProblemNote error={joining.error} />}
      <Button fullWidth loading={joining.isPending || joining.isSuccess} onClick={() => joining.mutate()}>
        Join
      </Button>
    </Stack>
  );
}

function SomebodyElse({ email, invited, onLeft }: { email: string; invited: string; onLeft(): void }) {
  const leaving = useMutation({ mutationFn: () => session.signOut(), onSuccess: onLeft });
  return (
    <Stack>
      <Text size="sm">
        You are signed in as {email}. The invitation is for {invited}: sign out, and come in as that.
      </Text>
      {leaving.isError && <ProblemNote error={leaving.error} />}
      <Button variant="default" loading={leaving.isPending} onClick={() => leaving.mutate()}>
        Sign out
      </Button>
    </Stack>
  );
}

function ComeIn({
  token,
  invitation: { email, has_account: hasAccount },
  onIn,
}: {
  token: string;
  invitation: InvitationTo;
  onIn(): Promise<void>;
}) {
  const { data: ways } = useQuery(waysQuery);
  return (
    <Stack>
      {hasAccount ? (
        <PasswordForm email={email} action="Sign in and join" onDone={onIn} />
      ) : (
        <NewAccountForm
          email={email}
          proof={{ 'X-Pawl-Invitation': token }}
          action="Make the account and join"
          onDone={onIn}
        />
      )}
      {ways?.oidc && (
        <AtProvider path="/invitation" onGo={() => window.sessionStorage.setItem(KEPT, token)} />
      )}
    </Stack>
  );
}

const ToPawl = () => (
  <Anchor href="/" underline="always" inherit>
    Go to Pawl
  </Anchor>
);
