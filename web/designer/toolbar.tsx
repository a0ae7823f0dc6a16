// The head of the designer: what is open, how it is seen, what can be done, and saving.
import { ActionIcon, Button, Group, Kbd, Menu, SegmentedControl, Title, Tooltip } from '@mantine/core';
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconArrowLeft,
  IconArrowRightBar,
  IconDots,
  IconInfoSquareRounded,
  IconSquareRoundedPlus,
  IconTrash,
} from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { ButtonLink } from '../elements/links.tsx';
import { Badge } from '../elements/status-badge.tsx';
import type { Command } from './commands/commands.ts';
import classes from './designer.module.css';
import { ExportMenu } from './exchange/export-menu.tsx';
import type { OpenDesign } from './use-design.ts';

export type View = 'canvas' | 'outline' | 'code';

export function Toolbar({
  design,
  workflow,
  version,
  view,
  commands,
  readOnly,
  saving,
  onView,
  onSave,
  onOpenSide,
}: {
  design: OpenDesign;
  workflow: string | null;
  version: number | null;
  view: View;
  commands: readonly Command[];
  readOnly: boolean;
  saving: boolean;
  onView(view: View): void;
  onSave(): void;
  /** Where there is no room beside: opens what is beside. */
  onOpenSide: (() => void) | null;
}) {
  const title = workflow ?? 'New workflow';
  useEffect(() => {
    document.title = `${design.changed ? '• ' : ''}${title} · Designer · Pawl`;
  }, [title, design.changed]);
  return (
    <header className={classes.toolbar}>
      <Group gap={8} wrap="nowrap" className={classes.titles}>
        <Back workflow={workflow} />
        <Title order={1} size="1rem" className={classes.title} title={title}>
          {title}
        </Title>
        <State design={design} version={version} readOnly={readOnly} />
      </Group>
      <SegmentedControl
        size="xs"
        aria-label="View"
        value={view}
        onChange={(value) => onView(value as View)}
        data={[
          { value: 'canvas', label: 'Canvas' },
          { value: 'outline', label: 'Outline' },
          { value: 'code', label: 'Code' },
        ]}
      />
      <Group gap={4} wrap="nowrap" className={classes.tools}>
        {!readOnly && (
          <>
            <Tool
              command={commands.find(({ id }) => id === 'add')}
              icon={<IconSquareRoundedPlus size={18} />}
            />
            <Tool command={commands.find(({ id }) => id === 'lead')} icon={<IconArrowRightBar size={18} />} />
            <Tool command={commands.find(({ id }) => id === 'delete')} icon={<IconTrash size={18} />} />
            <More commands={commands} />
            <Plain label="Undo" keys="Ctrl+Z" disabled={!design.canUndo} onClick={design.undo}>
              <IconArrowBackUp size={18} />
            </Plain>
            <Plain label="Redo" keys="Ctrl+Y" disabled={!design.canRedo} onClick={design.redo}>
              <IconArrowForwardUp size={18} />
            </Plain>
          </>
        )}
        {onOpenSide && (
          <Plain label="Details" keys="Enter" disabled={false} onClick={onOpenSide}>
            <IconInfoSquareRounded size={18} />
          </Plain>
        )}
        <ExportMenu definition={design.definition} name={workflow ?? design.definition.id ?? 'workflow'} />
        {!readOnly && (
          <Tooltip label={workflow === null ? 'Save as a workflow (Ctrl+S)' : 'Save as a version (Ctrl+S)'}>
            <Button size="compact-md" onClick={onSave} loading={saving} disabled={!design.changed}>
              Save
            </Button>
          </Tooltip>
        )}
      </Group>
    </header>
  );
}

function Back({ workflow }: { workflow: string | null }) {
  const icon = <IconArrowLeft size={17} aria-hidden />;
  const look = { size: 'compact-sm', variant: 'subtle', color: 'gray', px: 6, flex: 'none' } as const;
  return workflow === null ? (
    <ButtonLink to="/designer" search={{ draft: undefined }} {...look} aria-label="Back to the templates">
      {icon}
    </ButtonLink>
  ) : (
    <ButtonLink
      to="/workflows/$workflow"
      params={{ workflow }}
      search={{ version: undefined }}
      {...look}
      aria-label="Back to the workflow"
    >
      {icon}
    </ButtonLink>
  );
}

function State({
  design,
  version,
  readOnly,
}: {
  design: OpenDesign;
  version: number | null;
  readOnly: boolean;
}) {
  if (readOnly) return <Badge tone="idle">To look at</Badge>;
  if (design.changed) return <Badge tone="wait">Not saved</Badge>;
  const saved = design.basedOn ?? version;
  return saved === null ? null : <Badge tone="good">{`Version ${saved}`}</Badge>;
}

function Tool({ command, icon }: { command: Command | undefined; icon: ReactNode }) {
  if (!command) return null;
  return (
    <Plain
      label={command.label}
      keys={command.keys?.join(' ') ?? ''}
      disabled={!command.enabled}
      onClick={command.run}
    >
      {icon}
    </Plain>
  );
}

function Plain({
  label,
  keys,
  disabled,
  onClick,
  children,
}: {
  label: string;
  keys: string;
  disabled: boolean;
  onClick(): void;
  children: ReactNode;
}) {
  return (
    <Tooltip label={keys === '' ? label : `${label} (${keys})`}>
      <ActionIcon onClick={onClick} disabled={disabled} aria-label={label} size={30}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

const GROUPS = [
  { group: 'add', heading: 'Add' },
  { group: 'change', heading: 'Change' },
  { group: 'kind', heading: 'Turn into' },
] as const;

function More({ commands }: { commands: readonly Command[] }) {
  const button = useRef<HTMLButtonElement>(null);
  return (
    <Menu
      position="bottom-start"
      width={280}
      withinPortal
      returnFocus={false}
      onExitTransitionEnd={() => {
        // Unless a command has opened a field or a question, which has the keyboard.
        const at = document.activeElement;
        if (at === document.body || at?.closest('[role=menu]')) button.current?.focus();
      }}
    >
      <Menu.Target>
        <ActionIcon ref={button} aria-label="All commands" size={30}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown mah="70vh" style={{ overflow: 'auto' }}>
        {GROUPS.map(({ group, heading }) => (
          <div key={group}>
            <Menu.Label>{heading}</Menu.Label>
            {commands
              .filter((command) => command.group === group)
              .map(({ id, label, keys, enabled, run }) => (
                <Menu.Item
                  key={id}
                  disabled={!enabled}
                  onClick={run}
                  rightSection={keys && <Kbd size="xs">{keys.join(' ')}</Kbd>}
                >
                  {label}
                </Menu.Item>
              ))}
          </div>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
