/** With a token that counts everything goes; without one, or with another, each way in says why not. */

import assert from 'node:assert/strict';

import { connect, follow, followEvents, uuid4 } from '../../src/index.js';
import { until, webSocket } from './support.mjs';

const [base, token] = process.argv.slice(2);
const WebSocket = webSocket();
const event = { type: 'noted', entity: uuid4(), data: { n: 1 } };

const socket = connect(base, 'shop', { WebSocket, token });
assert.deepEqual(await socket.append([event]), [1]);
const events = followEvents(`${base}/shop/events`, { token: async () => token });
await until(events, ({ type }) => type === 'event');
events.close();
await until(socket.followEvents('events'), ({ type }) => type === 'event');
socket.close();

for (const wrong of [undefined, 'another']) {
  const refused = { name: 'EverfoldError', status: 401 };
  await assert.rejects(until(follow(`${base}/shop/events`, { token: wrong }), () => true), refused);
  const closed = connect(base, 'shop', { WebSocket, token: wrong });
  await assert.rejects(until(closed.followEvents('events'), () => true), refused);
  await assert.rejects(closed.append([event]), refused);
  assert.match(closed.error.type, /^urn:everfold:problem:token-/);
}
process.stdin.destroy();
