// Writes web/api-types.ts, the API as the web application sees it, from the OpenAPI document:
// `node docs/generate-api-types.ts`. In the shape that openapi-fetch reads.
import { writeFileSync } from 'node:fs';
import { createApi } from '../api/app.ts';
import type { ApiDeps } from '../api/deps.ts';
import { type DescribedOperation, describeApi, operationsOf } from '../api/openapi.ts';

export const API_TYPES_FILE = new URL('../web/api-types.ts', import.meta.url);

/** Any part of a JSON Schema, as far as the API uses it. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  not?: Schema;
  const?: unknown;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema?: Schema;
}

type Content = Record<string, { schema?: Schema }>;

export function apiTypes(): string {
  // Routes are only described, never called: they need nothing of what they would work with.
  const document = describeApi(createApi({} as ApiDeps), '');
  const schemas = Object.entries((document.components?.schemas ?? {}) as Record<string, Schema>);
  const byPath = Map.groupBy(operationsOf(document), ({ path }) => path);
  return `// The API as the web application sees it. Made from the OpenAPI document by docs/generate-api-types.ts.

export interface components {
  schemas: {
${schemas.map(([name, schema]) => `    ${name}: ${typeOf(schema, 4)};`).join('\n')}
  };
}

export interface paths {
${[...byPath].map(([path, operations]) => `  '${path}': {\n${operations.map(operationType).join('\n')}\n  };`).join('\n')}
}
`;
}

function operationType({ method, operation }: DescribedOperation): string {
  const parameters = (operation.parameters ?? []) as Parameter[];
  const body = operation.requestBody as { required?: boolean; content?: Content } | undefined;
  const places = (['query', 'header', 'path'] as const).map((place) => parametersType(parameters, place));
  const lines = [
    `    ${method}: {`,
    `      parameters: { ${places.join('; ')}; cookie?: never };`,
    body?.content
      ? `      requestBody${body.required ? '' : '?'}: ${contentType(body.content)};`
      : '      requestBody?: never;',
    '      responses: {',
    ...Object.entries(operation.responses ?? {}).map(([status, answer]) => {
      const { content } = answer as { content?: Content };
      return `        ${status}: { headers: { [name: string]: unknown }; content${content ? '' : '?'}: ${content ? contentType(content, true) : 'never'} };`;
    }),
    '      };',
    '    };',
  ];
  return lines.join('\n');
}

function parametersType(parameters: readonly Parameter[], place: Parameter['in']): string {
  const here = parameters.filter((parameter) => parameter.in === place);
  if (here.length === 0) return `${place}?: never`;
  const required = here.some((parameter) => parameter.required);
  const members = here.map(
    ({ name, required, schema }) =>
      `${keyOf(name)}${required ? '' : '?'}: ${typeOf(schema ?? {}, 6)}${required ? '' : ' | undefined'}`,
  );
  return `${place}${required ? '' : '?'}: { ${members.join('; ')} }`;
}

const contentType = (content: Content, bare = false): string => {
  const members = Object.entries(content).map(
    ([type, { schema }]) => `'${type}': ${typeOf(schema ?? {}, 8)}`,
  );
  return bare ? `{ ${members.join('; ')} }` : `{ content: { ${members.join('; ')} } }`;
};

/** @param indent columns that the line it begins in is indented by */
function typeOf(schema: Schema, indent: number): string {
  if (schema.$ref) return `components['schemas']['${schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)}']`;
  // What nothing fits.
  if (schema.not) return 'never';
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return either.map((one) => typeOf(one, indent)).join(' | ');
  if (schema.allOf) return schema.allOf.map((one) => typeOf(one, indent)).join(' & ');
  const types = schema.type === undefined ? [] : [schema.type].flat();
  // What may be anything at all.
  if (types.length === 0 || types.length > 4) return 'unknown';
  return types.map((type) => typeNamed(type, schema, indent)).join(' | ');
}

function typeNamed(type: string, schema: Schema, indent: number): string {
  switch (type) {
    case 'integer':
      return 'number';
    case 'array':
      return `(${typeOf(schema.items ?? {}, indent)})[]`;
    case 'object':
      return objectType(schema, indent);
    default:
      return type;
  }
}

function objectType(
  { properties = {}, required = [], additionalProperties }: Schema,
  indent: number,
): string {
  const names = Object.entries(properties);
  if (names.length === 0) {
    const values =
      typeof additionalProperties === 'object' ? typeOf(additionalProperties, indent) : 'unknown';
    return `{ [key: string]: ${values} }`;
  }
  const inner = ' '.repeat(indent + 2);
  const members = names.flatMap(([name, schema]) => [
    ...(schema.description ? [`${inner}/** ${schema.description.replaceAll('*/', '*\\/')} */`] : []),
    `${inner}${keyOf(name)}${required.includes(name) ? '' : '?'}: ${typeOf(schema, indent + 2)};`,
  ]);
  return `{\n${members.join('\n')}\n${' '.repeat(indent)}}`;
}

const keyOf = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`);

if (import.meta.main) writeFileSync(API_TYPES_FILE, apiTypes());
