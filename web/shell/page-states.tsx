// What stands where a page would: while it loads, when it failed, when there is none.
import { Button, Center, Group, Loader, Stack } from '@mantine/core';
import type { ErrorComponentProps } from '@tanstack/react-router';
import { ButtonLink } from '../elements/links.tsx';
import { PageHeader } from '../elements/page-header.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { session } from '../session/session.ts';

export function PageLoading() {
  return (
    <Center mih={320}>
      <Loader size="sm" aria-label="Loading" />
    </Center>
  );
}

export function PageFailed({ error, reset }: ErrorComponentProps) {
  return (
    <Stack p="lg" maw={640}>
      <ProblemNote error={error} onRetry={reset} />
    </Stack>
  );
}

export function PageNotFound() {
  return (
    <>
      <PageHeader
        title="There is no such page"
        description="The address may have been typed wrong, or the page was moved."
      />
      <ButtonLink to="/jobs">Go to the jobs</ButtonLink>
    </>
  );
}

export function WholePageLoading() {
  return (
    <Center component="main" mih="100vh">
      <Loader size="sm" aria-label="Signing in" />
    </Center>
  );
}

export function WholePageProblem({ error, onRetry }: { error: unknown; onRetry(): void }) {
  return (
    <Center component="main" mih="100vh" p="lg">
      <Stack maw={520} w="100%">
        <ProblemNote error={error} onRetry={onRetry} />
        <Group justify="center">
          <Button variant="subtle" onClick={() => session.signOut()}>
            Sign in as somebody else
          </Button>
        </Group>
      </Stack>
    </Center>
  );
}
