// Sample data for an organisation that has nothing: a published workflow, a job that has ended and one that waits.
import { Button } from '@mantine/core';
import { IconSparkles } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { answerOf, api } from '../api/client.ts';
import { asProblem } from '../api/problem.ts';
import { meQuery } from '../api/queries.ts';
import { ProblemNote } from '../elements/problem-note.tsx';
import { purchaseApproval, SAMPLE_NAME } from './purchase-approval.ts';

/** Nothing for who may not. Afterwards the job that waits is on the screen. */
export function AddSample() {
  const { data: me } = useQuery(meQuery);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const add = useMutation({
    mutationFn: addSample,
    onSuccess: async (jobId) => {
      await queries.invalidateQueries();
      await navigate({ to: '/jobs/$jobId', params: { jobId } });
    },
  });
  const may = (['workflow.write', 'job.start', 'job.send'] as const).every((one) =>
    me?.permissions.includes(one),
  );
  if (!may) return null;
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconSparkles size={16} />}
        loading={add.isPending}
        onClick={() => add.mutate()}
      >
        Add a sample that runs
      </Button>
      {add.isError && <ProblemNote error={add.error} />}
    </>
  );
}

/** @returns the id of the job that waits */
async function addSample(): Promise<string> {
  await publishSample();
  const quick = await startJob('laptop-stand', 80);
  await send(quick, 'APPROVE');
  const slow = await startJob('new-server', 4200);
  await send(slow, 'APPROVE');
  return slow;
}

async function publishSample(): Promise<void> {
  const params = { path: { workflow: SAMPLE_NAME } };
  try {
    const definition = { ...purchaseApproval };
    await answerOf(api.POST('/api/v1/workflows', { body: { name: SAMPLE_NAME, definition } }));
  } catch (error) {
    // It was added before, and not to the end.
    if (asProblem(error).status !== 409) throw error;
  }
  await answerOf(api.POST('/api/v1/workflows/{workflow}/publish', { params, body: { version: 1 } }));
}

async function startJob(key: string, amount: number): Promise<string> {
  const { job } = await answerOf(api.POST('/api/v1/jobs', { body: { workflow: SAMPLE_NAME, key } }));
  await send(job.id, 'SUBMIT', { amount });
  return job.id;
}

async function send(id: string, type: string, payload: Record<string, number> = {}): Promise<void> {
  await answerOf(api.POST('/api/v1/jobs/{id}/events', { params: { path: { id } }, body: { type, payload } }));
}
