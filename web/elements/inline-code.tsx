// A sentence in which `backticks` mark what is to be typed as it stands.
import { Code } from '@mantine/core';

export function InlineCode({ text }: { text: string }) {
  return text.split(/`([^`]+)`/).map((part, i) =>
    i % 2 === 0 ? (
      part
    ) : (
      <Code key={part} fz="inherit">
        {part}
      </Code>
    ),
  );
}
