// A point in time as people say it, with the exact one behind it.
import { Tooltip } from '@mantine/core';
import { useEffect, useState } from 'react';
import { exactTime } from './local-time.ts';
import { relativeTime } from './relative-time.ts';

const LOOK_MS = 10_000;

export function Moment({ at }: { at: string }) {
  const now = useNow();
  return (
    <Tooltip label={exactTime(at)} events={{ hover: true, focus: true, touch: true }}>
      <time dateTime={at}>{relativeTime(new Date(at).getTime(), now)}</time>
    </Tooltip>
  );
}

function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
