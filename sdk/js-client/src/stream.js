/** One connection to a URL that is followed by server-sent events. */

import { linked } from './again.js';
import { EverfoldError, final, own } from './errors.js';
import { parsed } from './frames.js';
import { SseParser } from './sse.js';

const EVENT_STREAM = 'text/event-stream';

/**
 * The frames of one connection, until it ends or breaks.
 *
 * @param {URL} url
 * @param {object} how
 * @param {typeof globalThis.fetch} how.fetch
 * @param {string} [how.token]
 * @param {string} [how.cursor]
 * @param {AbortSignal} how.signal
 * @param {number} how.silenceMs hosts show that they are there every 15 s: who is silent for so long is gone
 * @param {(ms: number) => void} how.onRetry told when the host asks to come back, should it end
 * @param {() => void} how.onOpen
 */
export async function* frames(url, { fetch, token, cursor, signal, silenceMs, onRetry, onOpen }) {
  const { controller, unlink } = linked(signal);
  const heard = watched(controller, silenceMs);
  try {
    const headers = { accept: EVENT_STREAM };
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
    if (cursor !== undefined) headers['last-event-id'] = cursor;
    const response = await heard(fetch(url.href, { headers, cache: 'no-store', signal: controller.signal }));
    await expectStream(response, url);
    onOpen();
    const parser = new SseParser({ onRetry });
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await heard(reader.read());
      if (done) return;
      for (const { data } of parser.push(value)) yield parsed(data);
    }
  } finally {
    unlink();
    // Ends the connection if it is still there.
    controller.abort();
  }
}

async function expectStream(response, url) {
  if (!response.ok) throw await EverfoldError.of(response);
  const type = response.headers.get('content-type') ?? 'nothing';
  if (type.split(';')[0].trim().toLowerCase() === EVENT_STREAM) return;
  throw final('no-stream', `${url.pathname} answers with ${type}, not with a stream: is it a URL that can be followed?`);
}

/**
 * Waits for what the other side sends, for as long as it may be silent. Nothing is counted while the reader is
 * busy with what came before.
 */
function watched(controller, silenceMs) {
  return async (waiting) => {
    let isSilent = false;
    const timer = setTimeout(() => {
      isSilent = true;
      controller.abort();
    }, silenceMs);
    try {
      return await waiting;
    } catch (error) {
      throw isSilent ? own('silent', `nothing was heard for ${silenceMs} ms: the connection is dead`, { cause: error }) : error;
    } finally {
      clearTimeout(timer);
    }
  };
}
