// The part of an address behind `?`, which anybody may have typed: what makes no sense is left out.

const text = (value: unknown): string | undefined =>
  // The router reads what looks like a number as one.
  (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : undefined;

const number = (value: unknown): number | undefined => {
  const read = Number(value);
  return value !== undefined && Number.isInteger(read) && read > 0 ? read : undefined;
};

const oneOf = <T extends string>(value: unknown, known: readonly T[]): T | undefined =>
  known.find((one) => one === value);

const time = (value: unknown): string | undefined =>
  typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? new Date(value).toISOString() : undefined;

export const read = { text, number, oneOf, time };
