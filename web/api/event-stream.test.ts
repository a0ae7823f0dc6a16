import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEventParser } from './event-stream.ts';

const STREAM = [
  'retry: 1000\n\n',
  'event: snapshot\nid: 7\ndata: {"job":{"current_state":"review"}}\n\n',
  ': still here\n\n',
  'event: end\ndata: {"status":"DONE"}\n\n',
].join('');

const EVENTS = [
  { event: 'snapshot', id: '7', data: { job: { current_state: 'review' } } },
  { event: 'end', id: null, data: { status: 'DONE' } },
];

test('events are whole however the network cuts the stream', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(STREAM.length), { maxLength: 12 }), (cuts) => {
      const parse = createEventParser();
      const places = [0, ...cuts.sort((a, b) => a - b), STREAM.length];
      const pieces = places.slice(1).map((end, i) => STREAM.slice(places[i], end));
      expect(pieces.flatMap(parse)).toEqual(EVENTS);
    }),
  );
});

test('an event that was cut off is not told', () => {
  const parse = createEventParser();
  expect(parse('event: transition\ndata: {"a":1}')).toEqual([]);
});
