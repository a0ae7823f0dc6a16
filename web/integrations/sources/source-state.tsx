// Whether a source takes what is sent to it, and what to do where nobody can read its secret any more.
import type { Resource } from '../../api/client.ts';
import { Badge } from '../../elements/status-badge.tsx';
import card from '../connection-card.module.css';

type Source = Resource<'Source'>;

export function SourceState({ source }: { source: Source }) {
  if (!source.is_active) return <Badge tone="idle">Inactive</Badge>;
  if (source.secret_shredded) return <Badge tone="bad">Unreadable</Badge>;
  return <Badge tone="good">Active</Badge>;
}

export function ShreddedSecret({ source }: { source: Source }) {
  if (!source.secret_shredded) return null;
  return (
    <p className={card.flag} role="status">
      The secret cannot be read any more: the keys of the organisation were shredded. Rotate, and give the
      sender the new one.
    </p>
  );
}
