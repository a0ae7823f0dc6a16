// The status of a job, an action run, an inbound event or a connection: a word, with a colour that means the same everywhere.
import classes from './status-badge.module.css';

export type Tone = 'good' | 'bad' | 'busy' | 'wait' | 'odd' | 'idle';

const TONES: Readonly<Record<string, Tone>> = {
  ACTIVE: 'busy',
  DONE: 'good',
  ERROR: 'bad',
  CANCELLED: 'idle',
  QUEUED: 'idle',
  RUNNING: 'busy',
  RETRYING: 'wait',
  SUCCEEDED: 'good',
  FAILED: 'bad',
  SKIPPED: 'idle',
  UNKNOWN: 'odd',
  RECEIVED: 'idle',
  PROCESSING: 'busy',
  PROCESSED: 'good',
};

const WORDS: Readonly<Record<string, string>> = {
  ACTIVE: 'Active',
  DONE: 'Done',
  ERROR: 'Error',
  CANCELLED: 'Cancelled',
  QUEUED: 'Queued',
  RUNNING: 'Running',
  RETRYING: 'Retrying',
  SUCCEEDED: 'Succeeded',
  FAILED: 'Failed',
  SKIPPED: 'Skipped',
  UNKNOWN: 'Unknown',
  RECEIVED: 'Received',
  PROCESSING: 'Processing',
  PROCESSED: 'Processed',
};

export function StatusBadge({ status }: { status: string }) {
  return <Badge tone={TONES[status] ?? 'idle'}>{WORDS[status] ?? status}</Badge>;
}

export function Badge({ tone, children }: { tone: Tone; children: string }) {
  return (
    <span className={classes.badge} data-tone={tone}>
      <span className={classes.dot} aria-hidden />
      {children}
    </span>
  );
}
