// Looks at a page as axe does, in the four ways that people have it: wide and narrow, light and dark.
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const ALL_LOOKS = [
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
  { width: 390, colorScheme: 'dark' },
  { width: 390, colorScheme: 'light' },
] as const;

/** Every page in both colours and at both widths; in all four ways where LOOKS=all says so, as `.ci/run` does. */
const LOOKS = process.env.LOOKS === 'all' ? ALL_LOOKS : ([ALL_LOOKS[0], ALL_LOOKS[2]] as const);

const HEIGHT = 800;

/** Light and dark differ in colours and nothing else: of two looks at one width, the second asks these alone. */
const RULES_OF_COLOUR = ['color-contrast', 'link-in-text-block'];

interface Violation {
  id: string;
  impact: string;
  nodes: { target: string[]; failureSummary: string }[];
}

/** Fails the test with what would keep somebody from using the page, which is left as wide as it was. */
export async function lookAt(page: Page, name: string): Promise<void> {
  await page.evaluate(axe.source);
  const size = page.viewportSize() ?? { width: LOOKS[0].width, height: HEIGHT };
  let width = 0;
  for (const look of size.width === LOOKS[0].width ? LOOKS : LOOKS.toReversed()) {
    await page.setViewportSize({ width: look.width, height: HEIGHT });
    await page.emulateMedia({ colorScheme: look.colorScheme, reducedMotion: 'reduce' });
    // The application hears of it a moment later; pages of the documentation need not.
    await page
      .locator(`html:not([data-mantine-color-scheme]), html[data-mantine-color-scheme=${look.colorScheme}]`)
      .waitFor({ state: 'attached' });
    await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
    const found = await violations(page, width === look.width ? RULES_OF_COLOUR : null);
    width = look.width;
    expect.soft(found, `${name} at ${width}, ${look.colorScheme}`).toEqual([]);
    const scrolls = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
    expect.soft(scrolls, `${name} at ${width} is wider than the screen`).toBe(false);
  }
  await page.setViewportSize(size);
}

/** @param rules null: all of WCAG 2.2 A and AA, and what axe calls good practice */
async function violations(page: Page, rules: readonly string[] | null): Promise<string[]> {
  const options = {
    resultTypes: ['violations'],
    preload: false,
    ...(rules !== null && { runOnly: { type: 'rule', values: rules } }),
  };
  const found = (await page.evaluate(`(async () => {
    const fading = document.getAnimations().filter((one) => one instanceof CSSTransition);
    await Promise.allSettled(fading.map((one) => one.finished));
    return (await axe.run(document, ${JSON.stringify(options)})).violations;
  })()`)) as Violation[];
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`),
    );
}
