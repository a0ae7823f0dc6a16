// What is asked of the API about sources and triggers, in one place.
import { answerOf, api, type Resource } from '../../api/client.ts';
import type { RequestKey } from '../../api/request-key.ts';

type Source = Resource<'Source'>;
/** The secret is there if it was made by the server, and this once. */
export type SourceWithSecret = Resource<'SourceWithSecret'>;

export const createSource = (body: Resource<'NewSource'>, header: RequestKey): Promise<SourceWithSecret> =>
  answerOf(api.POST('/api/v1/sources', { params: { header }, body }));

export const changeSource = (id: string, body: Resource<'SourceChange'>): Promise<Source> =>
  answerOf(api.PATCH('/api/v1/sources/{id}', { params: { path: { id } }, body }));

export const rotateSource = (id: string, body: Resource<'SourceRotation'>): Promise<SourceWithSecret> =>
  answerOf(api.POST('/api/v1/sources/{id}/rotate', { params: { path: { id } }, body }));

/** The secret before the last rotation is refused from then on. */
export const endOverlap = (id: string) =>
  answerOf(api.DELETE('/api/v1/sources/{id}/previous-secret', { params: { path: { id } } }));

/** What the vendor could not deliver is asked for through this connection. */
export const fillGaps = (id: string, connectionId: string): Promise<Resource<'GapFiller'>> =>
  answerOf(
    api.PUT('/api/v1/sources/{id}/gap-filler', {
      params: { path: { id } },
      body: { connection_id: connectionId },
    }),
  );

export const lookForGaps = (id: string): Promise<Resource<'GapFiller'>> =>
  answerOf(api.POST('/api/v1/sources/{id}/gap-filler/look', { params: { path: { id } } }));

export const leaveGaps = (id: string) =>
  answerOf(api.DELETE('/api/v1/sources/{id}/gap-filler', { params: { path: { id } } }));

export const deleteSource = (id: string) =>
  answerOf(api.DELETE('/api/v1/sources/{id}', { params: { path: { id } } }));

/** @returns the event that repeats it */
export const replayEvent = (id: string): Promise<Resource<'ListedInboundEvent'>> =>
  answerOf(api.POST('/api/v1/inbound-events/{id}/replay', { params: { path: { id } } }));

export const createTrigger = (
  body: Resource<'NewTrigger'>,
  header: RequestKey,
): Promise<Resource<'Trigger'>> => answerOf(api.POST('/api/v1/triggers', { params: { header }, body }));

export const changeTrigger = (id: string, body: Resource<'TriggerChange'>): Promise<Resource<'Trigger'>> =>
  answerOf(api.PATCH('/api/v1/triggers/{id}', { params: { path: { id } }, body }));

export const deleteTrigger = (id: string) =>
  answerOf(api.DELETE('/api/v1/triggers/{id}', { params: { path: { id } } }));
