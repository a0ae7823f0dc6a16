// Saving a version, and what can come between: errors in the definition, or somebody who saved meanwhile.
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiProblem } from '../../api/problem.ts';
import { saveVersion } from '../designer-requests.ts';
import type { OpenDesign } from '../use-design.ts';

export interface Saving {
  save(): void;
  /** Saves although somebody has saved that version meanwhile. */
  saveOver(latest: number): void;
  saving: boolean;
  /** The version that somebody saved meanwhile. */
  conflict: number | null;
  forgetConflict(): void;
  failure: unknown;
}

export function useSaving(design: OpenDesign, workflow: string | null, onSaved: () => void): Saving {
  const queries = useQueryClient();
  const [conflict, setConflict] = useState<number | null>(null);
  const mutation = useMutation({
    mutationFn: (basedOn: number | null) =>
      saveVersion(workflow ?? '', design.definition, design.places, basedOn),
    onMutate: () => ({ definition: design.definition, places: design.places }),
    onSuccess: async ({ version, problems }, _, sent) => {
      setConflict(null);
      design.saved(sent, version);
      onSaved();
      await queries.invalidateQueries({ queryKey: ['workflows'] });
      const warned = problems.length > 0 ? ' It has warnings.' : '';
      notifications.show({
        message: `Version ${version} is saved.${warned} New jobs run it once it is published.`,
      });
    },
    onError: (error) => {
      if (!(error instanceof ApiProblem) || error.code !== 'version_conflict') return;
      setConflict(Number(error.members.latest));
    },
  });
  const { error } = mutation;
  const isConflict = error instanceof ApiProblem && error.code === 'version_conflict';
  return {
    save: () => mutation.mutate(design.basedOn),
    saveOver: (latest) => mutation.mutate(latest),
    saving: mutation.isPending,
    conflict,
    forgetConflict: () => setConflict(null),
    failure: isConflict ? null : error,
  };
}
