import { expect, test } from 'vitest';
import { draftOf, NEW_DRAFT, readData, specOf } from './trigger-draft.ts';

const stored = {
  id: 'x',
  source_id: 'y',
  enabled: true,
  position: 0,
  version: 1,
  created_at: '',
  updated_at: '',
  name: 'merge',
  event_types: ['pull_request.closed'],
  filter: 'event.merged',
};

test('a trigger that is opened and saved again is the same', () => {
  const actions = [
    { type: 'start_job', workflow: 'review', key: "'pr-1'", input: { title: '<<event.title>>' } },
    { type: 'send_event', key: "'pr-1'", event_type: 'MERGED', payload: '<<event.payload>>' },
  ] as const;
  for (const action of actions) {
    const { event_types, filter } = stored;
    expect(specOf(draftOf({ ...stored, action }))).toEqual({ event_types, filter, action });
  }
});

test('a draft that lacks something is no trigger yet', () => {
  expect(specOf(NEW_DRAFT)).toBeNull();
  expect(specOf({ ...NEW_DRAFT, workflow: 'review', data: '{' })).toBeNull();
  expect(specOf({ ...NEW_DRAFT, does: 'send_event', key: "'k'" })).toBeNull();
  expect(readData('{ "a"')).toMatchObject({ ok: false });
});
