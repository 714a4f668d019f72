/** What scripts share that run beside a real host: the way to whoever started them, and websockets. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Tells whoever started this script. */
export function say(what) {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

/** What whoever started this script says next. */
export async function told() {
  const { done, value } = await lines.next();
  assert.ok(!done, 'nobody is there any more');
  return JSON.parse(value);
}

/** Values until one is as wanted, that one included. */
export async function until(followed, isWanted) {
  const iterator = followed[Symbol.asyncIterator]();
  const values = [];
  for (;;) {
    const { done, value } = await iterator.next();
    assert.ok(!done, `it ended after ${JSON.stringify(values.at(-1))}`);
    values.push(value);
    if (isWanted(value)) return values;
  }
}

/** The platform's websockets, or those of Debian's package node-ws. */
export function webSocket() {
  if (globalThis.WebSocket) return globalThis.WebSocket;
  const require = createRequire(import.meta.url);
  const packaged = '/usr/share/nodejs/ws';
  return require(existsSync(packaged) ? packaged : 'ws').WebSocket;
}
