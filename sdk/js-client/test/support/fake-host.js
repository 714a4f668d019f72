/** A host of which a test says every word, over HTTP. */

import { createServer } from 'node:http';

import { Queue } from './queue.js';

/** Starts one; it ends with the test. */
export async function fakeHost(t) {
  const visits = new Queue();
  const server = createServer((request, response) => visits.put(new Visit(request, response)));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const controller = new AbortController();
  t.after(() => {
    // Who comes back for ever would keep the process, also where the test has failed.
    controller.abort();
    server.closeAllConnections();
    server.close();
  });
  const base = `http://127.0.0.1:${server.address().port}`;
  // No pauses that a person would notice.
  const options = { signal: controller.signal, backoff: { initialMs: 2, maxMs: 4 } };
  return { base, options, visit: () => visits.take(), visits };
}

/** A request that waits for its answer. */
class Visit {
  #response;

  constructor(request, response) {
    this.headers = request.headers;
    this.url = request.url;
    this.gone = new Promise((resolve) => response.on('close', resolve));
    this.#response = response;
  }

  /** Begins a stream. */
  open() {
    this.#response.writeHead(200, { 'content-type': 'text/event-stream' });
    this.#response.flushHeaders();
    return this;
  }

  send(...frames) {
    const number = (frame) => frame.version ?? frame.position ?? 0;
    return this.raw(frames.map((frame) => `event: ${frame.type}\nid: ${frame.epoch}-${number(frame)}\ndata: ${JSON.stringify(frame)}\n\n`).join(''));
  }

  raw(text) {
    this.#response.write(text);
    return this;
  }

  end() {
    this.#response.end();
  }

  /** Breaks the connection. */
  break() {
    this.#response.destroy();
  }

  answer(status, body, headers = { 'content-type': 'application/problem+json' }) {
    this.#response.writeHead(status, headers);
    this.#response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }
}

/** Frames, as short as tests like them. */
export const frames = {
  model: (version, model, epoch = 'e') => ({ type: 'model', version, position: version, module: 'm', epoch, model }),
  patch: (from, to, patch, epoch = 'e') => ({ type: 'patch', version: to, from, to, position: to, module: 'm', epoch, patch }),
  deleted: (version, epoch = 'e') => ({ type: 'deleted', version, epoch }),
  none: (epoch = 'e') => ({ type: 'none', epoch }),
  reset: (epoch = 'e') => ({ type: 'reset', epoch }),
  event: (position, epoch = 'e') => ({ type: 'event', position, epoch, event: { id: `id-${position}`, position } }),
  caughtUp: (position, epoch = 'e') => ({ type: 'caught-up', position, epoch }),
  position: (position, epoch = 'e') => ({ type: 'position', position, epoch }),
};

/** The next values of something that is followed. */
export async function next(followed, count = 1) {
  const iterator = followed[Symbol.asyncIterator]();
  const values = [];
  while (values.length < count) {
    const { done, value } = await iterator.next();
    if (done) break;
    values.push(value);
  }
  return values;
}
