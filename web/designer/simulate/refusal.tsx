// Why an event changed nothing: in a sentence, and what each guard said.
import { Code } from '@mantine/core';

export interface Verdict {
  pointer: string;
  guard: string | null;
  message: string;
}

export function Refusal({ message, verdicts }: { message: string; verdicts: readonly Verdict[] }) {
  return (
    <>
      {message}
      {verdicts.map(({ pointer, guard, message: why }) => (
        <div key={pointer}>
          {guard !== null && <Code>{guard}</Code>} {why}
        </div>
      ))}
    </>
  );
}
