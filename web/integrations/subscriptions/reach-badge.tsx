// Whether a subscription can be told of anything: on, off, or demand that nothing supplies.
import { Tooltip } from '@mantine/core';
import type { Resource } from '../../api/client.ts';
import { Badge } from '../../elements/status-badge.tsx';

type Subscription = Resource<'Subscription'>;
type Reach = Subscription['reach'];

/** Why nothing can go out, and what to do about it. */
export const BLOCKED: Readonly<Record<NonNullable<Reach['blocked']>, { word: string; why: string }>> = {
  not_supplied: {
    word: 'Not supplied',
    why: 'Its connection is supplied nowhere in its scope, so nobody is ever told. Supply it there.',
  },
  connection_disabled: {
    word: 'Connection disabled',
    why: 'Its connection is disabled: what is due is skipped. Enable the connection.',
  },
  connection_not_found: {
    word: 'Connection deleted',
    why: 'Its connection was deleted. Have it go through another one.',
  },
  endpoint_disabled: {
    word: 'Endpoint disabled',
    why: 'Its endpoint is disabled: what is due is skipped. Enable the endpoint.',
  },
  endpoint_not_found: {
    word: 'Endpoint deleted',
    why: 'Its endpoint was deleted. Have it go to another one.',
  },
};

export const PARTLY =
  'Its connection is supplied to some scopes below its own: workflows elsewhere are not told of.';

export function ReachBadge({ subscription }: { subscription: Pick<Subscription, 'enabled' | 'reach'> }) {
  const { enabled, reach } = subscription;
  if (!enabled) return <Badge tone="idle">Off</Badge>;
  if (reach.blocked !== null) {
    const { word, why } = BLOCKED[reach.blocked];
    return <Explained why={why} tone="bad" word={word} />;
  }
  if (reach.supply === 'part') return <Explained why={PARTLY} tone="wait" word="Partly supplied" />;
  return <Badge tone="good">On</Badge>;
}

function Explained({ why, tone, word }: { why: string; tone: 'bad' | 'wait'; word: string }) {
  return (
    <Tooltip label={why} multiline w={280}>
      <span style={{ position: 'relative', zIndex: 1 }}>
        <Badge tone={tone}>{word}</Badge>
      </span>
    </Tooltip>
  );
}
