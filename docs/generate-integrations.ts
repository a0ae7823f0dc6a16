// Writes what is made from the providers, `node docs/generate-integrations.ts`: the list of them that the catalogue
// reads, and the page of each in docs/integrations/.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';

const PROVIDERS = new URL('../integrations/providers/', import.meta.url);
export const PROVIDER_LIST = new URL('../integrations/provider-list.ts', import.meta.url);

/** The ids of all providers: one file each. */
export const providerFiles = (): string[] =>
  readdirSync(PROVIDERS)
    .filter((name) => name.endsWith('.ts') && !/\.(?:test|testkit)\.ts$/.test(name))
    .map((name) => name.slice(0, -'.ts'.length))
    .sort();

/** integrations/provider-list.ts. A file `aws_ssm.ts` exports `awsSsm`; the compiler says so where it does not. */
export function providerList(ids: readonly string[]): string {
  const nameOf = (id: string) => id.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  const imports = ids.map((id) => `import { ${nameOf(id)} } from './providers/${id}.ts';`);
  const entries = ids.map((id) => `  ${nameOf(id)},`);
  return `// Made from the files of integrations/providers/ by \`npm run docs\`; a test fails when it is not current.
import type { Provider } from './provider.ts';
${imports.join('\n')}

/** In the order of their ids. */
export const providers: readonly Provider[] = [
${entries.join('\n')}
];
`;
}

if (import.meta.main) {
  writeFileSync(PROVIDER_LIST, providerList(providerFiles()));
  // Only now: the catalogue imports the list that has just been written.
  const { integrationPages, PAGES } = await import('./integration-pages.ts');
  mkdirSync(PAGES, { recursive: true });
  for (const [name, page] of integrationPages()) writeFileSync(new URL(name, PAGES), page);
}
