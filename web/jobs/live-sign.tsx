// Says whether the page follows the job as it moves.
import { Tooltip } from '@mantine/core';
import { useState } from 'react';
import classes from './live-sign.module.css';

export function LiveSign({ live, ended }: { live: boolean; ended: boolean }) {
  const [wasLive, setWasLive] = useState(false);
  if (live && !wasLive) setWasLive(true);
  if (ended && !live) return null;
  const [word, hint] = live
    ? ['Live', 'What happens to the job is shown as it happens.']
    : [
        wasLive ? 'Reconnecting' : 'Connecting',
        'The server is not heard at present; this page tries again by itself.',
      ];
  return (
    <Tooltip label={hint}>
      <span className={classes.sign} data-live={live} role="status">
        <span className={classes.dot} aria-hidden />
        {word}
      </span>
    </Tooltip>
  );
}
