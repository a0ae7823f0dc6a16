// A form for the input of an operation, read from its JSON Schema: what each field is. Pure.

export interface InputField {
  key: string;
  label: string;
  help: string;
  required: boolean;
  /** `json`: a list or an object, written as JSON. */
  kind: 'text' | 'number' | 'boolean' | 'choice' | 'json';
  choices: readonly string[];
  placeholder: string;
}

type Schema = Readonly<Record<string, unknown>>;

/** Those that are required first, otherwise as the schema has them. */
export function inputFields(schema: unknown, example: unknown): InputField[] {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    properties?: Record<string, Schema>;
    required?: string[];
  };
  const examples = (typeof example === 'object' && example !== null ? example : {}) as Record<
    string,
    unknown
  >;
  const fields = Object.entries(properties).map(([key, property]): InputField => {
    const shown = property.default ?? examples[key];
    return {
      key,
      label: labelOf(key),
      help: typeof property.description === 'string' ? property.description : '',
      required: required.includes(key),
      kind: kindOf(property),
      choices: Array.isArray(property.enum) ? property.enum.map(String) : [],
      placeholder: shown === undefined ? '' : typeof shown === 'string' ? shown : JSON.stringify(shown),
    };
  });
  return fields.sort((a, b) => Number(b.required) - Number(a.required));
}

function kindOf({ type, enum: choices }: Schema): InputField['kind'] {
  if (Array.isArray(choices)) return 'choice';
  if (type === 'string') return 'text';
  if (type === 'integer' || type === 'number') return 'number';
  if (type === 'boolean') return 'boolean';
  return 'json';
}

const labelOf = (key: string): string => {
  const words = key.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** What is typed into a field that wants a number: the number, or the template that will be one. */
export function numberFrom(text: string): number | string | undefined {
  if (text.trim() === '') return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}
