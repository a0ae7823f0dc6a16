// One picture of a page.
import type { Page } from 'playwright-core';
import type { createClient } from '../../cli/client.ts';

export interface Shot {
  name: string;
  path: string;
  /** Brings the page to what is to be seen. */
  prepare?(page: Page): Promise<unknown>;
}

export type Client = ReturnType<typeof createClient>;
