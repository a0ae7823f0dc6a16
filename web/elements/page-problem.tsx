// Where a page cannot be shown: what it would have been, why it is not, and the way back.
import type { ReactNode } from 'react';
import { PageHeader } from './page-header.tsx';
import { ProblemNote } from './problem-note.tsx';

export function PageProblem({
  title,
  trail,
  error,
  onRetry,
}: {
  /** Such as `Job`: which one is not known. */
  title: string;
  trail?: ReactNode;
  error: unknown;
  onRetry(): void;
}) {
  return (
    <>
      <PageHeader title={title} trail={trail} />
      <ProblemNote error={error} onRetry={onRetry} />
    </>
  );
}
