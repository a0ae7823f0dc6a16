// What to do at the sender's side, step by step, with what belongs in its fields.
import { Anchor, List, Stack, Text } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import type { Resource } from '../../api/client.ts';
import { InlineCode } from '../../elements/inline-code.tsx';

/** @param secret null where it is not known any more */
export function SetupSteps({
  kind,
  url,
  secret,
}: {
  kind: Resource<'SourceKind'>;
  url: string;
  secret: string | null;
}) {
  const filledIn = (step: string) =>
    step.replaceAll('{url}', url).replaceAll('{secret}', secret ?? 'the secret');
  return (
    <Stack gap="xs">
      <List type="ordered" size="sm" spacing={6} styles={{ item: { overflowWrap: 'anywhere' } }}>
        {kind.setup.steps.map((step) => (
          <List.Item key={step}>
            <InlineCode text={filledIn(step)} />
          </List.Item>
        ))}
      </List>
      <Text size="xs" c="dimmed">
        <Anchor href={kind.setup.link} target="_blank" rel="noreferrer" underline="always" inherit>
          {kind.title}: where it is done
          <IconExternalLink size={12} style={{ marginLeft: 3 }} aria-hidden />
        </Anchor>
      </Text>
    </Stack>
  );
}
