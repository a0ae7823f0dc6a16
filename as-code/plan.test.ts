// Names that mean several things, and principals that are written in several ways, against a tenant made of data.
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Json } from '../engine/json.ts';
import { planFor, readFiles } from './plan.ts';
import { nothingPresent, type Present } from './present.ts';
import { linesOfChange } from './words.ts';
import { writeFiles } from './written.ts';

const id = (number: number): string => `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;

const tenant: Present = {
  ...nothingPresent(),
  connections: [
    { id: id(1), connection_name: 'slack', provider: 'slack', enabled: true, supplied_to_all: true },
    { id: id(2), connection_name: 'mail', provider: 'resend', enabled: true, supplied_to_all: false },
  ],
  scopes: [
    { id: id(10), name: 'a/b', parent_id: null },
    { id: id(11), name: 'c', parent_id: id(10) },
  ],
  supplies: [{ id: id(20), connection_id: id(2), scope_id: id(11) }],
  groups: [{ id: id(30), name: 'ops', members: [{ id: id(31), member_type: 'user', member_id: 'user-1' }] }],
  members: [{ id: 'user-1', email: 'Ada@example.com' }],
  apiKeys: [
    { id: id(40), name: 'ci' },
    { id: id(41), name: 'ci' },
    { id: id(42), name: 'shop' },
  ],
  roleAssignments: [
    { id: id(50), principal_type: 'user', principal_id: 'user-1', role: 'Reader', connection_id: null },
    { id: id(51), principal_type: 'service', principal_id: id(41), role: 'Owner', connection_id: id(1) },
    {
      id: id(52),
      principal_type: 'group',
      principal_id: 'from-the-token',
      role: 'Reader',
      connection_id: null,
    },
    { id: id(53), principal_type: 'group', principal_id: id(30), role: 'Contributor', connection_id: null },
    { id: id(54), principal_type: 'service', principal_id: id(49), role: 'Reader', connection_id: null },
  ],
};

function plan(documents: readonly Json[], prune = false) {
  const text = documents.map((one) => stringify(one)).join('---\n');
  const files = readFiles([{ path: 'x.yaml', text }]);
  const { plan, problems } = planFor(files, tenant, { prune });
  return {
    problems: problems.map(({ message }) => message),
    lines: plan?.changes.flatMap(linesOfChange),
    requests: plan?.changes.flatMap(({ requests }) => requests),
  };
}

const role = (spec: Json): Json => ({ kind: 'RoleAssignment', spec });

describe('somebody', () => {
  test('is the same, however they are written', () => {
    const documents = [
      role({ user: 'ada@EXAMPLE.com', role: 'Reader' }),
      role({ api_key: id(41), role: 'Owner', connection: 'slack' }),
      role({ token_group: 'from-the-token', role: 'Reader' }),
      role({ group: 'ops', role: 'Contributor' }),
      { kind: 'Group', name: 'ops', spec: { members: [{ subject: 'user-1' }] } },
    ];
    expect(plan(documents)).toMatchObject({ problems: [], lines: [] });
    const twice = [
      role({ user: 'ada@example.com', role: 'Reader' }),
      role({ subject: 'user-1', role: 'Reader' }),
    ];
    expect(plan(twice).problems).toEqual([expect.stringContaining('stands in x.yaml:1 already')]);
  });

  test('who cannot be told from others by name has to be named by id', () => {
    const { problems } = plan([role({ api_key: 'ci', role: 'Reader' })]);
    expect(problems).toEqual([expect.stringMatching(/^Several things are called "ci": write the id/)]);
  });

  test('may be a group that the same files make', () => {
    const documents = [role({ group: 'new', role: 'Reader' }), { kind: 'Group', name: 'new' }];
    expect(plan(documents).requests).toMatchObject([
      { path: ['groups'], gives: { ref: 'id of Group new' } },
      { path: ['role-assignments'], later: { principal_id: { ref: 'id of Group new' } } },
    ]);
    expect(plan([role({ group: 'neww', role: 'Reader' })]).problems).toEqual([
      expect.stringContaining('There is no group "neww"; the nearest name is "ops"'),
    ]);
  });
});

describe('a supply', () => {
  test('to the whole organisation is a mark on the connection, made and taken away', () => {
    expect(plan([{ kind: 'Supply', spec: { connection: 'slack', everywhere: true } }]).lines).toEqual([]);
    const absent = { kind: 'Supply', absent: true, spec: { connection: 'slack', everywhere: true } };
    expect(plan([absent], true).requests).toMatchObject([
      { method: 'PATCH', path: ['tenant', 'connections', id(1)], body: { supplied_to_all: false } },
    ]);
  });

  test('to a scope with a slash in its name is written as a list', () => {
    expect(plan([{ kind: 'Supply', spec: { connection: 'mail', scope: ['a/b', 'c'] } }]).lines).toEqual([]);
    expect(plan([{ kind: 'Supply', spec: { connection: 'mail', scope: 'a/b/c' } }]).problems).toEqual([
      expect.stringContaining('There is no scope "a/b/c"'),
    ]);
  });
});

test('scopes are deleted from the inside out', () => {
  const gone = (name: Json): Json => ({ kind: 'Scope', name, absent: true });
  const { requests = [] } = plan([gone(['a/b']), gone(['a/b', 'c'])], true);
  expect(requests.toSorted((one, other) => one.stage - other.stage).map(({ path }) => path[1])).toEqual([
    id(11),
    id(10),
  ]);
});

test('files of a tenant say all of it, but for roles of keys that are no more', () => {
  const { files, notes } = writeFiles(tenant);
  expect(notes).toEqual([`The role api_key ${id(49)}: Reader is of an API key that was revoked: left out.`]);
  const { plan, problems } = planFor(readFiles(files), tenant, { prune: false });
  expect([plan, problems]).toEqual([{ changes: [], unchanged: 9 }, []]);
});

test('names cannot speak to a terminal', () => {
  const { lines } = plan([{ kind: 'Group', name: 'x\u001b[2Jy' }]);
  expect(lines).toEqual(['+ Group x\ufffd[2Jy']);
});
