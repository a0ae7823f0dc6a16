// Whether a day is one of the calendar. JavaScript reads the 31st of February as a day in March.

/** @param date such as `2026-01-31` */
export function isCalendarDay(date: string): boolean {
  const midnight = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date);
}
