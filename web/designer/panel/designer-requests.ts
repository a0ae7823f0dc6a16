// What the designer's parts ask of the API.
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { Definition } from '../../../engine/definition.ts';
import { answerOf, api, type Resource } from '../../api/client.ts';

export type Simulation = Resource<'Simulation'>;
/** A decision that changes nothing, as the API describes it no further. */
export interface NotTaken {
  kind: 'refused' | 'failed';
  message: string;
  verdicts?: readonly { pointer: string; guard: string | null; message: string }[];
}

export type SimulateRequest = Omit<Resource<'Simulate'>, 'definition' | 'workflow' | 'version'>;

export const simulate = (definition: Definition, asked: SimulateRequest, signal?: AbortSignal) =>
  answerOf(
    api.POST('/api/v1/workflows/simulate', {
      body: { ...asked, definition: definition as unknown as Record<string, unknown> },
      ...(signal && { signal }),
    }),
  );

/** What this document would do, as far as it is right, asked again when it or the sample changes. */
export const simulationQuery = (definition: Definition, asked: SimulateRequest) =>
  queryOptions({
    queryKey: ['simulation', definition, asked],
    queryFn: ({ signal }) => simulate(definition, { ...asked, leave_out_errors: true }, signal),
    placeholderData: keepPreviousData,
    // An earlier document is hardly asked about again.
    gcTime: 30_000,
    retry: false,
  });
