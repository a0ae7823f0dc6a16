// Delays as people say them and as definitions write them: `1 day 12 hours` is `P1DT12H`.
const UNITS = [
  { letter: 'W', name: 'week', ms: 604_800_000, words: /^(?:w|wk|weeks?|wks)$/ },
  { letter: 'D', name: 'day', ms: 86_400_000, words: /^(?:d|days?)$/ },
  { letter: 'H', name: 'hour', ms: 3_600_000, words: /^(?:h|hrs?|hours?)$/ },
  { letter: 'M', name: 'minute', ms: 60_000, words: /^(?:m|mins?|minutes?)$/ },
  { letter: 'S', name: 'second', ms: 1_000, words: /^(?:s|secs?|seconds?)$/ },
] as const;
const MILLISECONDS = /^(?:ms|milliseconds?)$/;
const PART = /(\d+(?:\.\d+)?)\s*([a-z]+)/g;
const ISO = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,3})?)S)?)?$/;

/** Milliseconds of a key of `after`; null when it is none. */
export function delayMs(key: string): number | null {
  if (/^\d+$/.test(key)) return Number(key);
  const parts = key.length > 1 ? ISO.exec(key) : null;
  if (!parts) return null;
  return UNITS.reduce((sum, { ms }, i) => sum + Math.round(Number(parts[i + 1] ?? 0) * ms), 0);
}

/** As `after` writes it. */
function delayKey(ms: number): string {
  const week = UNITS[0];
  if (ms > 0 && ms % week.ms === 0) return `P${ms / week.ms}W`;
  let left = ms;
  let [days, time] = ['', ''];
  for (const { letter, ms: size } of UNITS.slice(1)) {
    const count = letter === 'S' ? left / size : Math.floor(left / size);
    left -= count * size;
    if (count === 0) continue;
    if (letter === 'D') days = `${count}D`;
    else time += `${count}${letter}`;
  }
  return days === '' && time === '' ? 'PT0S' : `P${days}${time === '' ? '' : `T${time}`}`;
}

/** `90 s`, `5 min`, `1 day 12 hours`, `PT24H`, `60000`: a key of `after`; null when it is no delay. */
export function delayFrom(text: string): string | null {
  const written = text.trim();
  if (delayMs(written) !== null) return written;
  const said = written.toLowerCase();
  let ms = 0;
  const rest = said.replace(PART, (_, count: string, word: string) => {
    const unit =
      UNITS.find(({ words }) => words.test(word))?.ms ?? (MILLISECONDS.test(word) ? 1 : Number.NaN);
    ms += Number(count) * unit;
    return '';
  });
  if (!Number.isInteger(ms) || rest === said || rest.replaceAll(/,|\band\b|\s/g, '') !== '') return null;
  return delayKey(ms);
}

/** As people say it; what is no delay stays as it is. */
export function spokenDuration(key: string): string {
  const ms = delayMs(key);
  if (ms === null) return key;
  let left = ms;
  const said: string[] = [];
  for (const { name, ms: size } of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) said.push(`${count} ${name}${count === 1 ? '' : 's'}`);
  }
  if (left > 0 || said.length === 0) said.push(`${left} ms`);
  return said.join(' ');
}
