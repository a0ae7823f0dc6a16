// The recipes of docs/recipes, as templates: each is loaded when it is looked at.
import type { Definition } from '../../../engine/definition.ts';

export interface Template {
  id: string;
  title: string;
  description: string;
  /** The provider of each placeholder that a connection's id has to take the place of. */
  connections: Readonly<Record<string, string>>;
  definition: Definition;
}

type Recipe = Definition & {
  meta: { title: string; description: string; connections: Record<string, string> };
};

const files = import.meta.glob<Recipe>('../../../docs/recipes/*.json', { import: 'default' });

export const loadTemplates = (): Promise<Template[]> =>
  Promise.all(
    Object.entries(files).map(async ([path, load]) => {
      const definition = await load();
      const { title, description, connections } = definition.meta;
      const id = path.slice(path.lastIndexOf('/') + 1, -'.json'.length);
      return { id, title, description, connections, definition };
    }),
  );

/** With connections in the places of the words that stand for them; what nobody chose stays and is listed as a problem. */
export function filledIn(template: Template, chosen: Readonly<Record<string, string | null>>): Definition {
  const fill = (value: unknown): unknown => {
    if (typeof value === 'string') return chosen[value] ?? value;
    if (Array.isArray(value)) return value.map(fill);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one)]));
  };
  const { meta: _, ...definition } = template.definition;
  return fill(definition) as Definition;
}
