// The whole installation, with the web application built, and a real Chromium in front of it.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { setupInstallation, type TestInstallation } from '../../processes/processes.testkit.ts';
import { isBuilt } from '../../web/build-when-stale.ts';
import { findChromium, type OpenBrowser, openBrowser } from './chromium.ts';

const chromium = findChromium();

/** `describe` where there is a Chromium; elsewhere the tests are skipped, and that is said. */
export const describeInBrowser = chromium === null ? describe.skip : describe;

if (chromium === null) {
  console.warn('BROWSER TESTS ARE SKIPPED: there is no Chromium. Install it, or set CHROMIUM_PATH.');
}

export interface Stage {
  installation: TestInstallation;
  /** Signed in, unless `signedIn` was false; what its console complains of fails the test file. */
  open(path: string, options?: { signedIn?: boolean }): Promise<Page>;
  /** Whoever comes to the browser next has no session of the one before. */
  somebodyElse(): Promise<void>;
}

/** To be called once in a `describeInBrowser`. @param environment beyond what tests have */
export function setupStage(environment: Record<string, string> = {}): Stage {
  let installation: TestInstallation;
  let browser: OpenBrowser;
  const complaints: string[] = [];

  beforeAll(async () => {
    if (!(await isBuilt())) throw new Error('The web application could not be built: run `npm run build`.');
    [installation, browser] = await Promise.all([
      setupInstallation(environment),
      openBrowser(chromium ?? '', { reducedMotion: 'reduce' }),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await installation?.stop();
    expect(complaints).toEqual([]);
  });

  return {
    somebodyElse: () => browser.context.clearCookies(),
    get installation() {
      return installation;
    },
    async open(path, { signedIn = true } = {}) {
      const page = await browser.context.newPage();
      page.setDefaultTimeout(15_000);
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        // A refused request is in the console too, and refusals are part of what is tested.
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
          complaints.push(message.text());
        }
      });
      const { api, apiKey } = installation;
      await page.goto(`${api.url}${path}${signedIn ? `#key=${apiKey}` : ''}`);
      return page;
    },
  };
}
