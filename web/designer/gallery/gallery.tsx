// What a new workflow begins with: nothing, a recipe, something from elsewhere, or what was not finished.
import { SimpleGrid, Skeleton, Text, UnstyledButton } from '@mantine/core';
import { IconArrowBackUp, IconFileImport, IconSquareRoundedPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { Definition } from '../../../engine/definition.ts';
import { providersQuery } from '../../api/queries.ts';
import { Moment } from '../../elements/moment.tsx';
import { PageHeader } from '../../elements/page-header.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { ProviderMark } from '../../integrations/provider-mark.tsx';
import type { Draft } from '../saving/drafts.ts';
import classes from './gallery.module.css';
import { Import } from './import-dialog.tsx';
import { loadTemplates, type Template } from './templates.ts';
import { UseTemplate } from './use-template.tsx';

const EMPTY: Definition = { id: 'workflow', initial: 'start', states: { start: {} } };

export function Gallery({
  draft,
  onBegin,
  onContinue,
}: {
  draft: Draft | null;
  onBegin(definition: Definition): void;
  onContinue(): void;
}) {
  const templates = useQuery({
    queryKey: ['templates'],
    queryFn: loadTemplates,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [chosen, setChosen] = useState<Template | null>(null);
  const [importing, setImporting] = useState(false);
  return (
    <>
      <PageHeader
        title="New workflow"
        description="Begin with an empty canvas, or with a recipe that you change to what you need."
      />
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
        {draft && (
          <Card
            icon={<IconArrowBackUp size={20} />}
            title="Go on with your draft"
            onClick={onContinue}
            strong
          >
            {Object.keys(draft.definition.states ?? {}).join(', ') || 'No states yet'} ·{' '}
            <Moment at={new Date(draft.at).toISOString()} />
          </Card>
        )}
        <Card icon={<IconSquareRoundedPlus size={20} />} title="Empty canvas" onClick={() => onBegin(EMPTY)}>
          One state. The rest is yours.
        </Card>
        <Card icon={<IconFileImport size={20} />} title="Import" onClick={() => setImporting(true)}>
          A definition as JSON, a machine of XState, or a state diagram of Mermaid.
        </Card>
        {templates.isPending && <Skeleton height={150} radius="md" />}
        {templates.isError && <ProblemNote error={templates.error} />}
        {templates.data?.map((template) => (
          <Card
            key={template.id}
            icon={<Providers of={template} />}
            title={template.title}
            onClick={() => setChosen(template)}
          >
            {template.description}
          </Card>
        ))}
      </SimpleGrid>
      <UseTemplate template={chosen} onClose={() => setChosen(null)} onUse={onBegin} />
      <Import opened={importing} onClose={() => setImporting(false)} onImport={onBegin} />
    </>
  );
}

function Card({
  icon,
  title,
  strong,
  onClick,
  children,
}: {
  icon: ReactNode;
  title: string;
  strong?: boolean;
  onClick(): void;
  children: ReactNode;
}) {
  return (
    <UnstyledButton className={classes.card} data-strong={strong} onClick={onClick}>
      <span className={classes.icon}>{icon}</span>
      <span className={classes.title}>{title}</span>
      <Text span size="sm" c="dimmed">
        {children}
      </Text>
    </UnstyledButton>
  );
}

function Providers({ of: { connections } }: { of: Template }) {
  const { data } = useQuery(providersQuery);
  return [...new Set(Object.values(connections))].map((id) => (
    <ProviderMark key={id} provider={id} title={data?.find((one) => one.id === id)?.title ?? id} size={28} />
  ));
}
