import { expect, test } from 'vitest';
import { describeProviders } from '../integrations/catalogue.ts';
import { inputFields, numberFrom } from '../web/designer/panel/input-fields.ts';

const operations = describeProviders().flatMap(({ operations: its }) => its);

test.each(operations.map((operation) => [operation.id, operation] as const))(
  'the form of %s has a field for everything that its example says, the required ones first',
  (_, { input_schema: schema, example }) => {
    const fields = inputFields(schema, example);
    const keys = fields.map(({ key }) => key);
    expect(keys).toEqual(expect.arrayContaining(Object.keys(example as object)));
    const required = fields.map((field) => field.required);
    expect(required).toEqual(required.toSorted((a, b) => Number(b) - Number(a)));
    for (const { kind, choices } of fields) expect(kind === 'choice').toBe(choices.length > 0);
  },
);

test.each([
  ['12', 12],
  ['0.5', 0.5],
  ['<<context.n>>', '<<context.n>>'],
  [' ', undefined],
])('%s in a field for a number is %s', (text, value) => expect(numberFrom(text)).toBe(value));
