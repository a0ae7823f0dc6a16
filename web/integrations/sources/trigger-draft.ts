// A trigger while it is being written: what its fields hold, and the trigger that they make.
import type { Resource } from '../../api/client.ts';

export interface TriggerDraft {
  name: string;
  types: readonly string[];
  filter: string;
  does: 'start_job' | 'send_event';
  workflow: string;
  key: string;
  eventType: string;
  /** JSON of templates, or one template: input of the job, or payload of the event. */
  data: string;
}

export type TriggerSpec = Pick<Resource<'NewTrigger'>, 'event_types' | 'filter' | 'action'>;

export function draftOf(trigger: Resource<'Trigger'>): TriggerDraft {
  const { action } = trigger;
  const data = action.type === 'start_job' ? action.input : action.payload;
  return {
    name: trigger.name,
    types: trigger.event_types,
    filter: trigger.filter ?? '',
    does: action.type,
    workflow: action.workflow ?? '',
    key: action.key ?? '',
    eventType: action.type === 'send_event' ? action.event_type : '',
    data: data === undefined ? '' : typeof data === 'string' ? data : JSON.stringify(data, null, 2),
  };
}

export const NEW_DRAFT: TriggerDraft = {
  name: '',
  types: ['*'],
  filter: '',
  does: 'start_job',
  workflow: '',
  key: '',
  eventType: '',
  data: '',
};

type Data =
  | { ok: true; value: { [key: string]: unknown } | string | undefined }
  | { ok: false; message: string };

/** What begins with a bracket is JSON; anything else is one template, such as `<<event.payload>>`. */
export function readData(text: string): Data {
  const trimmed = text.trim();
  if (trimmed === '') return { ok: true, value: undefined };
  if (!trimmed.startsWith('{')) return { ok: true, value: trimmed };
  try {
    return { ok: true, value: JSON.parse(trimmed) };
  } catch (error) {
    return { ok: false, message: `It is not JSON yet: ${(error as Error).message}` };
  }
}

/** @returns null while something is missing that the server would ask for */
export function specOf(draft: TriggerDraft): TriggerSpec | null {
  const { types, filter, does, workflow, key, eventType } = draft;
  const data = readData(draft.data);
  if (types.length === 0 || !data.ok) return null;
  const whole = { event_types: [...types], filter: filter.trim() || null };
  if (does === 'start_job') {
    if (workflow === '') return null;
    const input = data.value === undefined ? {} : { input: data.value };
    const holds = key.trim() === '' ? {} : { key: key.trim() };
    return { ...whole, action: { type: does, workflow, ...holds, ...input } };
  }
  if (key.trim() === '' || eventType.trim() === '') return null;
  return {
    ...whole,
    action: {
      type: does,
      key: key.trim(),
      event_type: eventType.trim(),
      ...(workflow !== '' && { workflow }),
      ...(data.value !== undefined && { payload: data.value }),
    },
  };
}
