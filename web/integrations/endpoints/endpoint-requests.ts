// What is asked of the API about endpoints, in one place.
import { answerOf, api, type Resource } from '../../api/client.ts';

export const createEndpoint = (body: Resource<'NewEndpoint'>): Promise<Resource<'CreatedEndpoint'>> =>
  answerOf(api.POST('/api/v1/endpoints', { body }));

export const changeEndpoint = (id: string, body: Resource<'EndpointChange'>): Promise<Resource<'Endpoint'>> =>
  answerOf(api.PATCH('/api/v1/endpoints/{id}', { params: { path: { id } }, body }));

export const rotateEndpoint = (id: string, hours: number): Promise<Resource<'RotatedEndpointSecret'>> =>
  answerOf(
    api.POST('/api/v1/endpoints/{id}/rotate', { params: { path: { id } }, body: { overlap_hours: hours } }),
  );

export const deleteEndpoint = (id: string) =>
  answerOf(api.DELETE('/api/v1/endpoints/{id}', { params: { path: { id } } }));

export const liftEndpointPause = (id: string): Promise<Resource<'Endpoint'>> =>
  answerOf(api.POST('/api/v1/endpoints/{id}/pause/lift', { params: { path: { id } } }));

export const closeEndpointCircuit = (id: string): Promise<Resource<'Endpoint'>> =>
  answerOf(api.POST('/api/v1/endpoints/{id}/circuit/close', { params: { path: { id } } }));

export const rotateSigningKey = (hours: number): Promise<Resource<'SigningKeys'>> =>
  answerOf(api.POST('/api/v1/tenant/signing-keys/rotate', { body: { overlap_hours: hours } }));

export const endKeyOverlap = () => answerOf(api.DELETE('/api/v1/tenant/signing-keys/previous'));
