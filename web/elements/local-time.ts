// Times as a field of the browser has them: to the minute, where the person is, without saying where.

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
