/**
 * A reader that is killed and comes back, so many times, while others write: by HTTP or by a socket, with what it had
 * kept. In the end it has seen every event once, and has exactly the host's model.
 */

import assert from 'node:assert/strict';

import { connect, followEvents, followModel, uuid4 } from '../../src/index.js';
import { Random } from '../support/random.js';
import { say, until, webSocket } from './support.mjs';

const [base, rounds, seed] = process.argv.slice(2);
const random = new Random(Number(seed));
const options = { WebSocket: webSocket(), backoff: { initialMs: 20, maxMs: 200 } };
const entities = Array.from({ length: 20 }, uuid4);
const path = `/shop/ledger/${entities[0]}/model`;

/** Writes for as long as somebody reads. */
let isRead = true;
async function write() {
  const socket = connect(base, 'shop', options);
  let last = 0;
  while (isRead) {
    const events = Array.from({ length: 1 + random.below(3) }, () => ({ type: 'noted', entity: random.one(entities), data: { n: random.below(9) } }));
    last = Math.max(...(await socket.append(events)));
  }
  // The one that is followed changes once more, and everybody sees that it was the last.
  last = Math.max(last, ...(await socket.append([{ type: 'noted', entity: entities[0], data: { n: 1 } }])));
  socket.close();
  return last;
}
const writing = write();

let [state, from] = [undefined, undefined];
const ids = [];

/** One life of a reader; `isOver` says when it ends. */
async function live(isOver) {
  const controller = new AbortController();
  const more = { ...options, signal: controller.signal };
  const socket = random.below(2) === 0 ? connect(base, 'shop', more) : undefined;
  // What is kept is text: nothing of the life before is shared.
  const kept = { state: state && JSON.parse(JSON.stringify(state)) };
  const model = socket ? socket.followModel(path, kept) : followModel(base + path, { ...more, ...kept });
  const events = socket ? socket.followEvents('/shop/events', { from }) : followEvents(`${base}/shop/events`, { ...more, from });
  const following = (async () => {
    for await (const next of model) state = next;
  })();
  for await (const frame of events) {
    assert.notEqual(frame.type, 'reset');
    if (frame.type === 'event') ids.push(frame.event.id);
    from = events.cursor;
    if (await isOver(frame)) break;
  }
  controller.abort();
  await following;
}

for (let round = 0; round < Number(rounds); round += 1) {
  let left = random.below(8);
  await live(() => (left -= 1) < 0);
  if (round % 100 === 99) say({ lives: round + 1 });
}
isRead = false;
const last = await writing;
await live(({ position }) => position >= last);

// Once all is folded nobody changes it any more. (The tag of what is compressed is another.)
const plain = { headers: { 'accept-encoding': 'identity' } };
const response = await fetch(`${base}${path}?wait=30&position=${last}`, plain);
assert.equal(response.status, 200);
const view = followModel(base + path, { ...options, state });
while (response.headers.get('etag') !== `"${view.state.epoch}-${view.version}"`) await until(view, () => true);
assert.deepEqual(view.model, await response.json());
view.close();

const all = [];
for (let after = 0; after < last; after = all.length) {
  const { events } = await (await fetch(`${base}/shop/events?after=${after}&limit=1000`)).json();
  all.push(...events.map(({ id }) => id));
}
assert.deepEqual(ids, all, 'each once, in order');
say({ events: all.length, sum: view.model.sum });
process.stdin.destroy();
