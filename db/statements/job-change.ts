// What a commit changes about a job.
import type { Json, JsonObject } from '../../engine/json.ts';
import type { NewDelivery } from './deliver.ts';
import type { InboundMark } from './inbound-marks.ts';

export type JobStatus = 'ACTIVE' | 'DONE' | 'ERROR' | 'CANCELLED';

/** All that one committed unit changes about one job. */
export interface JobChange {
  tenantId: string;
  jobId: string;
  /** Set for a job that starts here. */
  started: {
    workflowId: string;
    workflowVersionId: string;
    key: string | null;
    parentJobId: string | null;
  } | null;
  /** The revision the decision was made on: 0 for a job that starts here. */
  fromRevision: number;
  revision: number;
  status: JobStatus;
  currentState: string;
  snapshot: Json;
  /** The version that a job goes on in, when that is another than before. */
  movedToVersion: string | null;
  /** ISO time of the decision, by the database's clock. */
  at: string;
  /** The key that the job held and gives up, as it ends here. */
  keyFreed: { workflowId: string; key: string } | null;
  /** The timer row that this change answers; when it is gone the change is void. */
  timerId: string | null;
  log: { id: string; kind: string; seq: number | null; actor: string; data: JsonObject }[];
  runs: NewActionRun[];
  queued: { transitionId: string; workflowVersionId: string; connectionId: string }[];
  /** Of the rules that `deliveries` were made by: when others hold by now, the change is void. */
  rulesVersion: number;
  deliveries: NewDelivery[];
  timersSet: { id: string; sendId: string | null; entry: number; event: JsonObject; delayMs: number }[];
  /** Ids of delayed events; `'all'` when the job ends. */
  timersCancelled: readonly string[] | 'all';
  answer: { subjectId: string; key: string; requestHash: string; status: number; answer: Json } | null;
  /** The inbound event that caused it: without its claim nothing is changed, and with the change it is marked. */
  inbound: InboundMark | null;
}

export interface NewActionRun {
  id: string;
  transitionId: string;
  ordinal: number;
  workflowVersionId: string;
  pointer: string;
  actionType: 'WEBHOOK' | 'INTEGRATION';
  name: string | null;
  connectionId: string;
  invokeId: string | null;
  scope: JsonObject;
}
