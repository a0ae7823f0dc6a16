// Times where the person is. A field of the browser has them to the minute, and does not say where that is.

/** To the second, with the time zone: whoever tells others of it is elsewhere. */
export const exactTime = (iso: string): string =>
  new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' });

/** Such as `Europe/Vienna`. */
export const zoneHere = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** @returns '' for none */
export function fieldOf(iso: string | undefined): string {
  if (iso === undefined) return '';
  const at = new Date(iso);
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** @returns undefined for what is no time */
export function isoOf(field: string): string | undefined {
  const at = new Date(field);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}
