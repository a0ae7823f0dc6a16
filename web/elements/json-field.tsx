// A field for a JSON object, which says at once when it is none.
import { Textarea } from '@mantine/core';

export type ParsedObject = { ok: true; value: { [key: string]: unknown } } | { ok: false; message: string };

/** Nothing at all is an empty object. */
export function parseJsonObject(text: string): ParsedObject {
  if (text.trim() === '') return { ok: true, value: {} };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return { ok: true, value: value as { [key: string]: unknown } };
    }
    return { ok: false, message: 'It must be a JSON object: { … }' };
  } catch (error) {
    return { ok: false, message: `It is not JSON yet: ${(error as Error).message}` };
  }
}

export function JsonField(props: {
  label: string;
  description?: string;
  placeholder?: string;
  value: string;
  onChange(text: string): void;
}) {
  const parsed = parseJsonObject(props.value);
  return (
    <Textarea
      {...props}
      onChange={(event) => props.onChange(event.currentTarget.value)}
      error={parsed.ok ? undefined : parsed.message}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8rem' } }}
      autosize
      minRows={4}
      maxRows={14}
      spellCheck={false}
    />
  );
}
