// The server's judgement of the document, asked for when nobody has typed for a moment.
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Definition } from '../../../engine/definition.ts';
import { type Problem, problemsQuery } from '../designer-requests.ts';

/** Shorter, and the server is asked about words that are half written. */
const PAUSE_MS = 300;

export interface Checked {
  problems: readonly Problem[];
  /** What is known is of an earlier document. */
  checking: boolean;
  /** The server could not be asked. */
  failure: unknown;
}

export function useProblems(definition: Definition, workflow: string | null): Checked {
  const [settled] = useDebouncedValue(definition, PAUSE_MS);
  const key = useMemo(() => JSON.stringify(settled), [settled]);
  const { data, isFetching, error } = useQuery({
    ...problemsQuery(settled, key, workflow),
    placeholderData: keepPreviousData,
  });
  return { problems: data ?? NONE, checking: isFetching || settled !== definition, failure: error };
}

const NONE: readonly Problem[] = [];
