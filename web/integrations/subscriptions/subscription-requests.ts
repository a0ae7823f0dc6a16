// What is asked of the API about subscriptions, in one place.
import { answerOf, api, type Resource } from '../../api/client.ts';
import type { RequestKey } from '../../api/request-key.ts';

type Subscription = Resource<'Subscription'>;

export const subscribe = (body: Resource<'NewSubscription'>, header: RequestKey): Promise<Subscription> =>
  answerOf(api.POST('/api/v1/subscriptions', { params: { header }, body }));

export const changeSubscription = (id: string, body: Resource<'SubscriptionChange'>): Promise<Subscription> =>
  answerOf(api.PATCH('/api/v1/subscriptions/{id}', { params: { path: { id } }, body }));

export const unsubscribe = (id: string) =>
  answerOf(api.DELETE('/api/v1/subscriptions/{id}', { params: { path: { id } } }));

/** Sends what it would say of the newest job. */
export const testSubscription = (id: string): Promise<Resource<'Delivery'>> =>
  answerOf(api.POST('/api/v1/subscriptions/{id}/test', { params: { path: { id } }, body: {} }));
