// The request of a WEBHOOK: connection, method, path, query, headers, body.
import { Select, Stack } from '@mantine/core';
import type { HttpMethod } from '../../../engine/definition.ts';
import { JsonCodeField } from '../../code/code-field.tsx';
import { ConnectionPicker } from './connection-picker.tsx';
import { TemplateField } from './fields.tsx';
import { KeyRows } from './key-rows.tsx';
import classes from './panel.module.css';
import { usePanel, useProblems, useScope } from './panel-place.tsx';
import { inside, valueAt } from './place.ts';

const METHODS: readonly HttpMethod[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const DEFAULT_METHOD: HttpMethod = 'POST';
const BODILESS: readonly string[] = ['GET', 'HEAD'];

/** @param pointer of the params */
export function RequestForm({ pointer }: { pointer: string }) {
  const { definition, put, readOnly } = usePanel();
  const at = (key: string) => inside(pointer, key);
  const method = String(valueAt(definition, at('method')) ?? DEFAULT_METHOD);
  const body = valueAt(definition, at('body'));
  return (
    <Stack gap={12}>
      <ConnectionPicker pointer={at('connection_id')} provider={null} />
      <div className={classes.row}>
        <Select
          label="Method"
          data={METHODS}
          value={method}
          onChange={(chosen) =>
            put('Change method', at('method'), chosen === DEFAULT_METHOD ? undefined : chosen)
          }
          allowDeselect={false}
          readOnly={readOnly}
          w={104}
        />
        <TemplateField label="Path" pointer={at('path')} placeholder="/hooks/<<job.id>>" />
      </div>
      <KeyRows title="Query" pointer={at('query')} kind="template" keyLabel="Parameter" newKey="parameter" />
      <KeyRows title="Headers" pointer={at('headers')} kind="template" keyLabel="Header" newKey="X-Header" />
      {(!BODILESS.includes(method) || body !== undefined) && (
        <TemplateJson
          label="Body"
          description="JSON. << lists what can stand in it; a string that is one variable keeps the variable’s type."
          pointer={at('body')}
          placeholder={'{ "job": "<<job.id>>" }'}
        />
      )}
    </Stack>
  );
}

/** JSON whose strings are templates. */
export function TemplateJson({
  pointer,
  label,
  ...props
}: {
  label: string;
  pointer: string;
  description?: string | undefined;
  placeholder?: string;
}) {
  const { definition, put, readOnly } = usePanel();
  const scope = useScope(pointer, 'worker');
  const problems = useProblems(pointer);
  return (
    <JsonCodeField
      {...props}
      label={label}
      pointer={pointer}
      value={valueAt(definition, pointer)}
      onChange={(value) => put(`Change ${label.toLowerCase()}`, pointer, value)}
      readOnly={readOnly}
      scope={scope}
      problems={problems}
    />
  );
}
