// The key of the organisation that endpoints are signed with: where receivers find it, and how it is replaced.
import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { IconKey, IconKeyOff } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Resource } from '../../api/client.ts';
import { Confirm } from '../../elements/confirm.tsx';
import { CopyField } from '../../elements/copy-field.tsx';
import { CopyText } from '../../elements/copy-text.tsx';
import { Moment } from '../../elements/moment.tsx';
import { Panel } from '../../elements/panel.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import card from '../connection-card.module.css';
import { signingKeysQuery, useMay } from '../integration-requests.ts';
import { endKeyOverlap } from './endpoint-requests.ts';
import { RotateSigningKey } from './rotate-signing-key.tsx';

/** Nothing while no key was made: an organisation whose endpoints have secrets need not know of keys. */
export function SigningKeys() {
  const [dialog, setDialog] = useState<'rotate' | 'end overlap' | null>(null);
  const found = useQuery(signingKeysQuery);
  const mayRotate = useMay()('tenant.write');
  const queries = useQueryClient();
  const close = () => setDialog(null);
  if (found.isError) return <ProblemNote error={found.error} onRetry={() => void found.refetch()} />;
  const [current, previous] = found.data?.keys ?? [];
  if (!found.data || !current) return null;
  return (
    <Panel
      title="The organisation's key"
      beside={
        mayRotate && (
          <Group gap="xs">
            {previous && (
              <Button
                size="compact-sm"
                variant="default"
                leftSection={<IconKeyOff size={15} />}
                onClick={() => setDialog('end overlap')}
              >
                End the overlap
              </Button>
            )}
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<IconKey size={15} />}
              onClick={() => setDialog('rotate')}
            >
              Rotate the key
            </Button>
          </Group>
        )
      }
    >
      <Stack gap="md">
        <CopyField
          label="Public keys for receivers (JWKS)"
          value={found.data.jwks_url}
          description="They are no secret. Receivers check signatures v1a with them, and read them again when none fits."
        />
        {current.secret_shredded && (
          <p className={card.flag} role="status">
            Nobody can sign by it any more: the keys of the organisation were shredded. Rotate it, and
            receivers find the new one.
          </p>
        )}
        <dl className={card.facts}>
          <div>
            <dt>Key</dt>
            <Key of={current} />
          </div>
          {previous && (
            <div>
              <dt>Before</dt>
              <Key of={previous} />
            </div>
          )}
        </dl>
        {!mayRotate && (
          <Text size="sm" c="dimmed">
            Rotating it takes the role Owner.
          </Text>
        )}
      </Stack>
      <Modal opened={dialog === 'rotate'} onClose={close} title="Rotate the organisation's key">
        <RotateSigningKey onClose={close} />
      </Modal>
      <Confirm
        title="End the overlap?"
        does="End it"
        keeps="Keep both"
        opened={dialog === 'end overlap'}
        onClose={close}
        onConfirm={async () => {
          await endKeyOverlap();
          await queries.invalidateQueries({ queryKey: signingKeysQuery.queryKey });
        }}
      >
        The key before signs no more and leaves the public keys. Receivers that know no other refuse what they
        are sent until they read the keys again.
      </Confirm>
    </Panel>
  );
}

function Key({
  of: { kid, public_key: publicKey, created_at: createdAt, expires_at: expiresAt, secret_shredded: shredded },
}: {
  of: Resource<'SigningKey'>;
}) {
  return (
    <Stack gap={2} component="dd" align="flex-start">
      <CopyText text={publicKey} label="Copy the public key" />
      <CopyText text={kid} label="Copy the id of the key" shown={`kid ${kid}`} />
      <Text size="xs" c="dimmed" component="span">
        {shredded ? (
          'signs no more'
        ) : expiresAt === null ? (
          <>
            made <Moment at={createdAt} />
          </>
        ) : (
          <>
            signs too, ends <Moment at={expiresAt} />
          </>
        )}
      </Text>
    </Stack>
  );
}
