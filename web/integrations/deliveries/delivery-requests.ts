// What is asked of the API about deliveries, in one place.
import { answerOf, api, type Resource } from '../../api/client.ts';

export const replayDelivery = (id: string): Promise<Resource<'Delivery'>> =>
  answerOf(api.POST('/api/v1/deliveries/{id}/replay', { params: { path: { id } } }));

/** Asks again while there are more. @returns how many go out once more */
export async function replayDeliveries(body: Resource<'ReplayDeliveries'>): Promise<number> {
  let replayed = 0;
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const asked = cursor === undefined ? body : { ...body, cursor };
    const answer = await answerOf(api.POST('/api/v1/deliveries/replay', { body: asked }));
    replayed += answer.replayed;
    cursor = answer.next_cursor;
  }
  return replayed;
}
