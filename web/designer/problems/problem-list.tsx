// What is wrong with the document, and what could be better. A click selects where.
import { Collapse, Loader, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconAlertCircle, IconAlertTriangle, IconChevronUp, IconCircleCheck } from '@tabler/icons-react';
import { ProblemNote } from '../../elements/problem-note.tsx';
import type { Problem } from '../designer-requests.ts';
import classes from './problem-list.module.css';
import type { Checked } from './use-problems.ts';

export function ProblemList({ checked, onSelect }: { checked: Checked; onSelect(pointer: string): void }) {
  const [open, { toggle }] = useDisclosure();
  const { problems, checking, failure } = checked;
  const sorted = [...problems].sort((a, b) => a.severity.localeCompare(b.severity));
  return (
    <section className={classes.problems} aria-label="Problems">
      <UnstyledButton
        className={classes.head}
        onClick={toggle}
        aria-expanded={open}
        aria-label={inWords(problems)}
        disabled={problems.length === 0}
      >
        <Sign problems={problems} />
        <span role="status">{inWords(problems)}</span>
        {checking && <Loader size={12} aria-label="Checking" />}
        {problems.length > 0 && (
          <IconChevronUp size={16} className={classes.chevron} data-open={open} aria-hidden />
        )}
      </UnstyledButton>
      {failure !== null && <ProblemNote error={failure} />}
      <Collapse in={open && problems.length > 0} transitionDuration={120}>
        <ul className={classes.list}>
          {sorted.map(({ pointer, code, message, severity }) => (
            <li key={`${pointer} ${code} ${message}`}>
              <button type="button" onClick={() => onSelect(pointer)}>
                <Icon severity={severity} />
                <span>
                  {message} <code>{pointer || 'the machine'}</code>
                </span>
              </button>
            </li>
          ))}
        </ul>
      </Collapse>
    </section>
  );
}

function Sign({ problems }: { problems: readonly Problem[] }) {
  if (problems.length === 0) return <IconCircleCheck size={16} className={classes.good} aria-hidden />;
  return <Icon severity={problems.some(({ severity }) => severity === 'error') ? 'error' : 'warning'} />;
}

function Icon({ severity }: { severity: Problem['severity'] }) {
  return severity === 'error' ? (
    <IconAlertCircle size={16} className={classes.error} aria-label="Error" />
  ) : (
    <IconAlertTriangle size={16} className={classes.warning} aria-label="Warning" />
  );
}

function inWords(problems: readonly Problem[]): string {
  const count = (severity: Problem['severity'], word: string) => {
    const n = problems.filter((one) => one.severity === severity).length;
    return n === 0 ? [] : [`${n} ${word}${n === 1 ? '' : 's'}`];
  };
  return [...count('error', 'error'), ...count('warning', 'warning')].join(', ') || 'No problems';
}
