// A trigger: what it is for, what it does, and beside it what it would make of an event that was received.
import { Button, Grid, Skeleton } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { Resource } from '../../api/client.ts';
import { asProblem, keepsFromShowing } from '../../api/problem.ts';
import { useRequestKey } from '../../api/request-key.ts';
import { Confirm } from '../../elements/confirm.tsx';
import { WayBack } from '../../elements/links.tsx';
import { PageHeader } from '../../elements/page-header.tsx';
import { PageProblem } from '../../elements/page-problem.tsx';
import { Badge } from '../../elements/status-badge.tsx';
import { sourceKindsQuery, sourceQuery, triggersQuery, useMay } from '../integration-requests.ts';
import { changeTrigger, createTrigger, deleteTrigger } from './source-requests.ts';
import { draftOf, NEW_DRAFT, specOf } from './trigger-draft.ts';
import { TriggerForm } from './trigger-form.tsx';
import { TryTrigger } from './try-trigger.tsx';

export function TriggerPage() {
  const { sourceId, triggerId } = useParams({
    from: '/admin/integrations/sources/$sourceId/triggers/$triggerId',
  });
  const source = useQuery(sourceQuery(sourceId));
  const triggers = useQuery(triggersQuery(sourceId));
  const kinds = useQuery(sourceKindsQuery);
  const failed = [source, triggers, kinds].find(keepsFromShowing);
  if (failed) {
    const trail = (
      <WayBack to="/admin/integrations/sources/$sourceId" params={{ sourceId }} search={{}}>
        {source.data?.name ?? 'The source'}
      </WayBack>
    );
    const again = () => void failed.refetch();
    return <PageProblem title="Trigger" trail={trail} error={failed.error} onRetry={again} />;
  }
  if (!source.data || !triggers.data || !kinds.data) return <Skeleton height={300} radius="md" />;
  const trigger = triggers.data.find(({ id }) => id === triggerId) ?? null;
  if (trigger === null && triggerId !== 'new')
    return <PageHeader title="There is no such trigger" description="It may have been deleted." />;
  return (
    <Editor
      key={triggerId}
      source={source.data}
      kind={kinds.data.find(({ id }) => id === source.data.kind)}
      trigger={trigger}
    />
  );
}

function Editor({
  source,
  kind,
  trigger,
}: {
  source: Resource<'Source'>;
  kind: Resource<'SourceKind'> | undefined;
  trigger: Resource<'Trigger'> | null;
}) {
  const [draft, setDraft] = useState(trigger ? draftOf(trigger) : NEW_DRAFT);
  const [deleting, setDeleting] = useState(false);
  const mayWrite = useMay()('trigger.write');
  const queries = useQueryClient();
  const navigate = useNavigate();
  const keyOf = useRequestKey();
  const spec = specOf(draft);

  async function leave() {
    await navigate({
      to: '/admin/integrations/sources/$sourceId',
      params: { sourceId: source.id },
      search: {},
    });
    await queries.invalidateQueries({ queryKey: ['triggers'] });
  }
  const save = useMutation({
    mutationFn: () => {
      if (spec === null) throw new Error('Something is missing.');
      const name = draft.name.trim();
      if (trigger) return changeTrigger(trigger.id, { ...spec, filter: spec.filter ?? null, name });
      const wanted = { ...spec, name, source_id: source.id };
      return createTrigger(wanted, keyOf(wanted));
    },
    onSuccess: async ({ name }) => {
      await leave();
      notifications.show({ message: `${name} acts on what arrives from now on.` });
    },
  });

  return (
    <>
      <PageHeader
        title={trigger?.name ?? 'New trigger'}
        trail={
          <WayBack to="/admin/integrations/sources/$sourceId" params={{ sourceId: source.id }} search={{}}>
            {source.name}
          </WayBack>
        }
        beside={!mayWrite && <Badge tone="idle">To look at</Badge>}
        actions={
          mayWrite && (
            <>
              {trigger && (
                <Button
                  variant="subtle"
                  color="red"
                  leftSection={<IconTrash size={16} />}
                  onClick={() => setDeleting(true)}
                >
                  Delete
                </Button>
              )}
              <Button
                loading={save.isPending}
                disabled={spec === null || draft.name.trim() === ''}
                onClick={() => save.mutate()}
              >
                {trigger ? 'Save' : 'Create the trigger'}
              </Button>
            </>
          )
        }
      />
      <Grid gutter="md">
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <TriggerForm
            draft={draft}
            kind={kind}
            problem={save.isError ? asProblem(save.error) : null}
            readOnly={!mayWrite}
            onChange={setDraft}
          />
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          {mayWrite && <TryTrigger source={source} kind={kind} spec={spec} />}
        </Grid.Col>
      </Grid>
      {trigger && (
        <Confirm
          title={`Delete ${trigger.name}?`}
          does="Delete"
          opened={deleting}
          onClose={() => setDeleting(false)}
          onConfirm={async () => {
            await deleteTrigger(trigger.id);
            await leave();
          }}
        >
          Events that arrive from then on come to nothing by it. What it did stays.
        </Confirm>
      )}
    </>
  );
}
