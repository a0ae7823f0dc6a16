import type { Page } from 'playwright-core';
import { beforeAll, expect, test, vi } from 'vitest';
import { until } from '../../worker/worker.testkit.ts';
import { describeInBrowser, setupStage } from './stage.testkit.ts';

const state = (page: Page, path: string) => page.locator(`[role=application] [data-state="${path}"]`);

/** Text of a drawn machine that reaches beyond the box it stands in. */
const CUT_OFF = `[...document.querySelectorAll('.react-flow__node, .react-flow__edgelabel-renderer > *')].flatMap((box) => {
  const room = box.getBoundingClientRect();
  const words = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  const beyond = [];
  while (words.nextNode()) {
    range.selectNodeContents(words.currentNode);
    const { left, right, bottom } = range.getBoundingClientRect();
    if (left < room.left || right > room.right || bottom > room.bottom) beyond.push(words.currentNode.data);
  }
  return beyond;
})`;

describeInBrowser('designing a machine, in a browser', () => {
  const stage = setupStage();
  let connection: string;

  beforeAll(async () => {
    const { client } = stage.installation;
    ({ id: connection } = await client.request('POST', '/tenant/connections', {
      provider: 'generic_rest',
      connection_name: 'orders',
      credentials: { base_url: 'http://127.0.0.1:9' },
    }));
  });

  test('a machine with a webhook is drawn from nothing, checked as one goes, and saved', async () => {
    const page = await stage.open('/workflows');
    await page.getByRole('link', { name: 'Design the first one' }).click();
    await page.getByRole('button', { name: /^Empty canvas/ }).click();
    await state(page, 'start').dblclick();
    await page.getByLabel('Name of the state').fill('draft');
    await page.keyboard.press('Enter');
    await state(page, 'draft').waitFor();

    // A line into nowhere makes a state there, and asks for the event first.
    const itsEvent = page.getByLabel(/^Event of/);
    await until('the line is drawn', async () => {
      // The machine is laid out anew after its state got a name: whoever takes hold of where the grip was tries again.
      const grip = state(page, 'draft').locator('[data-grip]');
      await grip.hover();
      const from = await grip.boundingBox();
      if (!from) throw new Error('nothing to drag');
      await page.mouse.down();
      await page.mouse.move(from.x + 120, from.y + 60, { steps: 4 });
      await page.mouse.move(from.x + 190, from.y + 90, { steps: 4 });
      await page.mouse.up();
      return itsEvent.waitFor({ timeout: 2_000 }).then(
        () => true,
        () => false,
      );
    });
    await itsEvent.fill('SUBMIT');
    await page.keyboard.press('Enter');
    await page.locator('[data-transition="/states/draft/on/SUBMIT"]').waitFor();

    // By keyboard, at the pace of people: the new state gets its name and becomes final.
    await state(page, 'state').click();
    await page.keyboard.press('F2');
    await page.getByLabel('Name of the state').pressSequentially('done', { delay: 80 });
    await page.keyboard.press('Enter');
    await state(page, 'done').waitFor();
    const inFocus = () => page.evaluate('document.activeElement?.getAttribute("aria-label")');
    expect(await inFocus()).toBe('The machine, drawn');
    await state(page, 'done').click();
    await page.getByRole('button', { name: 'All commands' }).click();
    await page.getByRole('menuitem', { name: 'Final state' }).click();
    await page.getByRole('status').getByText('No problems').waitFor();

    // What a job begins with, so that it can be named in the request.
    await page.getByLabel('The machine, drawn').press('Escape');
    await page.getByRole('textbox', { name: 'Context' }).fill('{ "amount": 5 }');

    await page.locator('[data-transition="/states/draft/on/SUBMIT"]').click();
    const panel = page.getByRole('region', { name: 'SUBMIT' });
    await panel.getByRole('button', { name: 'Add action' }).click();
    await page.getByRole('menuitem', { name: /^Webhook/ }).click();
    await page.getByRole('status').getByText(/error/).waitFor();
    await page.getByRole('region', { name: 'Actions' }).getByText('choose a connection').waitFor();
    await panel.getByRole('textbox', { name: 'Connection' }).click();
    await page.getByRole('option', { name: /^orders/ }).click();
    await panel.getByRole('textbox', { name: 'Name', exact: true }).fill('notify');
    const path = panel.getByRole('textbox', { name: 'Path' });
    await path.fill('no-slash');
    await path.blur();
    await page.getByRole('status').getByText('1 error').waitFor();
    await path.fill('/hooks/');
    await path.press('End');
    await path.pressSequentially('<<job.k');
    await page.getByRole('option', { name: /^job\.key/ }).click();
    const body = panel.getByRole('textbox', { name: 'Body' });
    await body.fill('{ "amount": "<<context.am" }');
    for (let i = 0; i < 3; i++) await body.press('ArrowLeft');
    await body.press('Control+Space');
    await page.getByRole('option', { name: /^context\.amount/ }).click();

    const preview = page.getByRole('region', { name: 'What it would send' });
    await preview.getByText('http://127.0.0.1:9/hooks/example').waitFor();
    await preview.getByText('"amount"').waitFor();
    await page.getByRole('status').getByText('No problems').waitFor();

    // A name is changed while the focus stays, and Tab goes on from there.
    const event = panel.getByLabel('Event', { exact: true });
    await event.fill('SEND');
    await event.press('Enter');
    await page.locator('[data-transition="/states/draft/on/SEND"]').waitFor();
    await page.getByLabel('Event', { exact: true }).and(page.locator(':focus')).waitFor();

    // What is wrong elsewhere is no reason to show nothing.
    await page.getByText('Code', { exact: true }).click();
    const editor = page.getByRole('textbox', { name: 'Definition' });
    // It draws what it has room for first, and measures.
    const written = await vi.waitFor(
      async () => JSON.parse((await editor.innerText()).replaceAll(/^\d+$/gm, '')),
      { timeout: 10_000 },
    );
    expect(written).toMatchObject({
      context: { amount: 5 },
      states: {
        draft: {
          on: {
            SEND: {
              target: 'done',
              actions: [
                {
                  action_type: 'WEBHOOK',
                  name: 'notify',
                  params: {
                    connection_id: connection,
                    path: '/hooks/<<job.key>>',
                    body: { amount: '<<context.amount>>' },
                  },
                },
              ],
            },
          },
        },
      },
    });

    // Text that is no definition yet is there again, and is not left without a word.
    await editor.press('ControlOrMeta+Home');
    await page.keyboard.type('not JSON ');
    await page
      .getByRole('alert')
      .getByText(/This is not JSON/)
      .waitFor();
    await page.getByText('Canvas', { exact: true }).click();
    await state(page, 'draft').waitFor();
    await page.getByText('Code', { exact: true }).click();
    await page
      .getByRole('alert')
      .getByText(/This is not JSON/)
      .waitFor();
    await page.getByRole('link', { name: 'Jobs' }).first().click();
    await page.getByText('Leave without saving?').waitFor();
    await page.getByRole('button', { name: 'Stay' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // Where the code is shown, nobody sees what is selected: no key outside of it takes that away.
    await page.getByRole('link', { name: 'Jobs' }).first().focus();
    await page.keyboard.press('Delete');
    await page.getByRole('region', { name: 'SEND' }).getByLabel('Event', { exact: true }).waitFor();
    await editor.press('ControlOrMeta+Home');
    // Each in the editor: the dialog may give the keyboard back between two of them.
    for (const _ of 'not JSON ') await editor.press('Delete');
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await editor.fill(
      JSON.stringify({ ...written, states: { ...written.states, lost: { on: { GO: 'x' } } } }),
    );
    await page.getByRole('status').getByText('1 error').waitFor();
    await preview.getByText('http://127.0.0.1:9/hooks/example').waitFor();
    await editor.fill('{ "states": ');
    await page.getByRole('alert').getByText('This is not JSON').waitFor();
    await editor.fill(JSON.stringify(written));
    await page.getByRole('status').getByText('No problems').waitFor();

    await page.keyboard.press('Control+s');
    await page.getByRole('dialog').getByLabel('Name').fill('order');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.waitForURL(/\/designer\/order$/);
    await page.getByText('Version 1', { exact: true }).waitFor();
    const { definition, layout } = await stage.installation.client.request(
      'GET',
      '/workflows/order/versions/1',
    );
    expect(definition).toEqual(written);
    expect(Object.keys(layout.places).sort()).toEqual(['done', 'draft']);

    await page.getByRole('tab', { name: 'Simulate' }).click();
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByRole('button', { name: 'Send SEND' }).click();
    await page.getByRole('region', { name: 'What it would send' }).getByText(/hooks/).waitFor();
    await page.getByRole('tab', { name: 'Versions' }).click();
    await page
      .getByRole('button', { name: /^Publish/ })
      .first()
      .click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Publish/ })
      .click();
    await page.getByText('Published', { exact: true }).waitFor();
    const workflow = await stage.installation.client.request('GET', '/workflows/order');
    expect(workflow.published_version).toBe(1);
    await page.close();
  });

  test('what answers an event and stays is named where it is drawn', async () => {
    const page = await stage.open('/designer');
    await page.getByRole('button', { name: /^Empty canvas/ }).click();
    await state(page, 'start').click();
    await page.getByRole('button', { name: 'All commands' }).click();
    await page.getByRole('menuitem', { name: 'Answer an event and stay' }).click();
    const name = page.getByLabel(/^Event of/);
    await name.pressSequentially('xstate.x', { delay: 80 });
    await name.press('Enter');
    await page
      .getByRole('alert')
      .getByText(/begin with xstate/)
      .waitFor();
    await name.fill('PING');
    await name.press('Enter');
    await state(page, 'start').getByText('PING', { exact: true }).dblclick();
    await name.pressSequentially('PONG', { delay: 80 });
    await name.press('Escape');
    await name.waitFor({ state: 'detached' });
    await state(page, 'start').getByText('PING', { exact: true }).waitFor();
    await page.close();
  });

  test('what is drawn stands still while something else is edited', async () => {
    const definition = {
      initial: 'a',
      states: {
        a: { on: { GO: 'b', SKIP: 'c' } },
        b: { initial: 'x', states: { x: { on: { NEXT: 'y' } }, y: { type: 'final' } }, onDone: 'c' },
        c: { type: 'final' },
      },
    };
    await stage.installation.client.request('POST', '/workflows', { name: 'still', definition });
    const page = await stage.open('/designer/still');
    await state(page, 'b.x').waitFor();
    const seen = async (...paths: string[]) =>
      Promise.all(paths.map((path) => state(page, path).boundingBox()));
    const line = () => page.locator('[data-id="a → c"] path').first().getAttribute('d');
    const before = await seen('a', 'b.x', 'b.y', 'c');
    const drawn = await line();

    await state(page, 'b').click({ position: { x: 20, y: 12 } });
    await page.keyboard.press('F2');
    await page.getByLabel('Name of the state').fill('between');
    await page.keyboard.press('Enter');
    await state(page, 'between.x').waitFor();
    expect(await seen('a', 'between.x', 'between.y', 'c')).toEqual(before);

    await page.keyboard.press('s');
    await page.getByLabel('Name of the state').fill('late');
    await page.keyboard.press('Enter');
    await state(page, 'late').waitFor();
    await page.keyboard.press('t');
    await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click();
    await state(page, 'late').getByText('EVENT', { exact: true }).waitFor();
    expect(await line()).toBe(drawn);
    const after = await seen('a', 'between.x', 'between.y', 'c');
    const moved = after.map((box, i) => (box?.x ?? 0) - (before[i]?.x ?? 0));
    expect(new Set(moved.map(Math.round)).size).toBe(1);
    await page.close();
  });

  test('the longest names there may be are drawn whole', async () => {
    const [words, name, event] = ['ask the finance people '.repeat(5), 'w'.repeat(100), 'W_'.repeat(50)];
    const over = 'm'.repeat(80);
    const definition = {
      initial: 'a',
      states: {
        a: { on: { [event]: [{ guard: 'true', target: name }, { target: words.slice(0, 99) }] } },
        [name]: { initial: 'x', states: { x: { on: { NEXT: 'y' } }, y: { type: 'final' } }, onDone: over },
        [words.slice(0, 99)]: { on: { [event]: { actions: [] }, GO: over } },
        [over]: { type: 'final' },
      },
    };
    await stage.installation.client.request('POST', '/workflows', { name: 'long-names', definition });
    for (const path of ['/workflows/long-names', '/designer/long-names']) {
      const page = await stage.open(path);
      await page.locator(`[data-state="${name}"]`).waitFor();
      expect(await page.evaluate(CUT_OFF), path).toEqual([]);
      await page.close();
    }
  });

  test('a template that tells two channels asks for a connection of each, a webhook or not', async () => {
    const { client } = stage.installation;
    for (const name of ['ask', 'escalate']) {
      await client.request('POST', '/tenant/connections', {
        provider: 'slack',
        connection_name: name,
        credentials: { webhook_url: `https://hooks.slack.com/services/T00000000/B00000000/${name}` },
      });
    }
    const page = await stage.open('/designer');
    await page.getByRole('button', { name: /^Approval/ }).click();
    for (const [label, name] of [
      ['Slack connection of the approvers', 'ask'],
      ['Slack connection of the managers', 'escalate'],
    ] as const) {
      await page.getByRole('textbox', { name: label }).click();
      await page.getByRole('option', { name, exact: true }).click();
    }
    await page.getByRole('button', { name: 'Use this template' }).click();
    await page.getByRole('status').getByText('No problems').waitFor();
    await state(page, 'open.waiting').click();
    await page.getByRole('button', { name: /^1\. Integration/ }).click();
    await page
      .getByRole('region', { name: 'What it would send' })
      .getByText(/hooks\.slack\.com/)
      .waitFor();
    await page.close();
  });

  test('a tab that is closed loses nothing, and whoever saved meanwhile is not overwritten unasked', async () => {
    const { client } = stage.installation;
    const page = await stage.open('/designer/order');
    await page.getByText('Outline', { exact: true }).click();
    const item = page.getByRole('treeitem', { name: /^done/ });
    await item.click();
    await page.keyboard.press('s');
    const name = page.getByRole('tree').getByLabel('Name', { exact: true });
    await name.pressSequentially('done', { delay: 80 });
    await name.press('Enter');
    await page.getByRole('alert').getByText('There is a state "done" beside it already.').waitFor();
    await name.fill('');
    await name.pressSequentially('archived', { delay: 80 });
    await name.press('Enter');
    await page
      .getByRole('treeitem', { name: /^archived/ })
      .and(page.locator(':focus'))
      .waitFor();
    await page.keyboard.press('Control+z');
    await page.getByRole('treeitem', { name: /^state/ }).waitFor();
    await page.keyboard.press('Control+y');
    await page.getByRole('treeitem', { name: /^archived/ }).waitFor();
    await page.close();

    const { definition } = await client.request('GET', '/workflows/order/versions/1');
    await client.request('POST', '/workflows/order/versions', {
      definition: { ...definition, description: 'by somebody else' },
    });
    const again = await stage.open('/designer/order');
    await again.getByText('which are not saved yet').waitFor();
    await state(again, 'archived').waitFor();
    await again.getByRole('button', { name: 'Save', exact: true }).click();
    await again.getByRole('dialog').getByText('Version 2 was saved meanwhile').waitFor();
    await again.getByRole('button', { name: 'Save mine as version 3' }).click();
    await again.getByText('Version 3', { exact: true }).waitFor();
    const saved = await client.request('GET', '/workflows/order/versions/3');
    expect(Object.keys(saved.definition.states)).toEqual(['draft', 'done', 'archived']);
    await again.close();
  });

  test('a job that ran is gone through again by what is being drawn', async () => {
    const { client } = stage.installation;
    const { job } = await client.request('POST', '/jobs', { workflow: 'order', key: 'o-1' });
    await client.request('POST', `/jobs/${job.id}/events`, { type: 'SEND' });
    const { definition } = await client.request('GET', '/workflows/order/versions/1');
    await client.request('POST', '/workflows/order/versions', { definition });

    const page = await stage.open(`/jobs/${job.id}`);
    await page.evaluate('localStorage.clear()');
    await page.getByRole('link', { name: 'What if…' }).click();
    await page.getByRole('status').getByText('The same in all 2 steps').waitFor();
    await page.getByText('Outline', { exact: true }).click();
    await page.getByRole('treeitem', { name: /^done/ }).click();
    await page.keyboard.press('F2');
    await page.getByRole('tree').getByLabel('Name', { exact: true }).fill('closed');
    await page.keyboard.press('Enter');
    await page.getByRole('status').getByText('1 of 2 steps differ, from step 2 on').waitFor();
    await page.getByRole('button', { name: /SEND/, expanded: false }).click();
    await page.getByText('As it was', { exact: true }).waitFor();
    await page.close();
  });
});
