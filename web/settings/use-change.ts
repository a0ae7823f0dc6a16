// A change to who may do what: afterwards everything that shows it is asked for again.
import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query';
import { meQuery } from '../api/queries.ts';

/** @param change what is asked of the API @param done told what it answered */
export function useChange<Given, Answer>(
  change: (given: Given) => Promise<Answer>,
  done?: (answer: Answer) => void,
): UseMutationResult<Answer, Error, Given> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async (answer) => {
      // One may have taken a role of one's own away.
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['access'] }),
        queries.invalidateQueries({ queryKey: meQuery.queryKey }),
      ]);
      done?.(answer);
    },
  });
}
