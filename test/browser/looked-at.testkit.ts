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

/**
 * Where LOOKS=all says so, as `.ci/run` does, every page is looked at in all four ways. Else as wide as it is, light where that
 * is wide and dark where it is narrow.
 */
export const LOOKS_ALL = process.env.LOOKS === 'all';
const WIDE = ALL_LOOKS[0];

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
  const size = page.viewportSize() ?? { width: WIDE.width, height: HEIGHT };
  const isWide = size.width === WIDE.width;
  const looks = LOOKS_ALL ? ALL_LOOKS : [isWide ? WIDE : ALL_LOOKS[2]];
  let width = 0;
  for (const look of isWide ? looks : looks.toReversed()) {
    await page.setViewportSize({ width: look.width, height: HEIGHT });
    await page.emulateMedia({ colorScheme: look.colorScheme, reducedMotion: 'reduce' });
    // The application hears of it a moment later; pages of the documentation need not.
    await page
      .locator(`html:not([data-mantine-color-scheme]), html[data-mantine-color-scheme=${look.colorScheme}]`)
      .waitFor({ state: 'attached' });
    await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
    // The page was told that nothing should move.
    expect.soft(await page.evaluate(MOVING), `${name} fades or slides`).toEqual([]);
    const rules = width === look.width ? RULES_OF_COLOUR : null;
    const found = await violations(page, rules);
    width = look.width;
    expect.soft(found, `${name} at ${width}, ${look.colorScheme}`).toEqual([]);
    const scrolls = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
    expect.soft(scrolls, `${name} at ${width} is wider than the screen`).toBe(false);
  }
  await page.setViewportSize(size);
}

const MOVING = `document.getAnimations()
  .filter((one) => one instanceof CSSTransition)
  .map((one) => one.transitionProperty + ' of ' + one.effect.target.className)`;

/** @param rules null: all of WCAG 2.2 A and AA, and what axe calls good practice */
async function violations(page: Page, rules: readonly string[] | null): Promise<string[]> {
  const options = {
    resultTypes: ['violations'],
    preload: false,
    ...(rules !== null && { runOnly: { type: 'rule', values: rules } }),
  };
  const found = (await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`)) as {
    violations: Violation[];
  };
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`),
    );
}
