// Keeps what is shown of a job true: its stream says that something moved, and what is shown is asked again.
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Resource } from '../api/client.ts';
import { follow } from '../api/event-stream.ts';
import { jobQuery } from '../api/queries.ts';

/** @returns whether the page is told of changes as they happen */
export function useFollowedJob(id: string): boolean {
  const queries = useQueryClient();
  const [live, setLive] = useState(false);
  useEffect(() => {
    const stop = follow(`/api/v1/jobs/${id}/stream`, {
      onLive: setLive,
      onEvent({ event, data }) {
        const { job } = data as { job?: Resource<'Job'> | null };
        if (job) queries.setQueryData(jobQuery(id).queryKey, job);
        // After a snapshot too: the job may have moved between what was asked for before and the stream.
        void queries.invalidateQueries({ queryKey: ['job', id] });
        if (event === 'action') {
          const run = data as Resource<'ListedActionRun'>;
          void queries.invalidateQueries({ queryKey: ['action', run.id] });
        }
      },
    });
    return () => {
      stop();
      setLive(false);
    };
  }, [id, queries]);
  return live;
}
