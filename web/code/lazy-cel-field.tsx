// A field for CEL where most come to look and few to write: the editor is loaded when the form is shown.
import { Input, Skeleton } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { Scope } from './scope.ts';

const CodeField = lazy(async () => ({ default: (await import('./code-field.tsx')).CodeField }));

const ONE_LINE_PX = 34;

export function LazyCelField({
  error,
  ...props
}: {
  label: string;
  description: string;
  placeholder: string;
  value: string;
  onChange(text: string): void;
  scope: Scope;
  readOnly: boolean;
  error: string | undefined;
}) {
  const waiting = (
    <Input.Wrapper label={props.label} labelElement="div">
      <Skeleton height={ONE_LINE_PX} />
    </Input.Wrapper>
  );
  return (
    <Suspense fallback={waiting}>
      <CodeField {...props} language="cel" multiline error={error ?? null} />
    </Suspense>
  );
}

/** @param known dotted paths, with a word about each root */
export function scopeOf(known: Readonly<Record<string, readonly string[]>>): Scope {
  const variables = Object.entries(known).flatMap(([root, keys]) =>
    keys.map((key) => ({ path: `${root}.${key}`, detail: root })),
  );
  return { variables, isKnown: (path) => Object.hasOwn(known, path.split('.')[0] ?? '') };
}
