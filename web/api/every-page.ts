// A list of the API as a whole, where a page shows all of it or looks names up in it.

/** The most that one request gives. */
const WHOLE_PAGE = 200;

interface Page<T> {
  items: readonly T[];
  next_cursor: string | null;
}

/**
 * All of a list that people make by hand, which is short, and whose end nobody must miss: what is not in it is shown as
 * deleted.
 */
export async function everyPage<T>(
  ask: (query: { limit: number; cursor?: string }) => Promise<Page<T>>,
): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await ask({ limit: WHOLE_PAGE, ...(cursor !== null && { cursor }) });
    all.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return all;
}
