import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SseParser } from '../src/sse.js';
import { Random } from './support/random.js';

/** The events of a stream that comes in pieces, cut at these places. */
function parsed(bytes, cuts, retries = []) {
  const parser = new SseParser({ onRetry: (ms) => retries.push(ms) });
  const ends = [...cuts, bytes.length];
  return ends.flatMap((end, index) => parser.push(bytes.subarray(ends[index - 1] ?? 0, end)));
}

const STREAM = [
  ': a comment\r\n',
  'event: model\nid: e-7\ndata: {"ü":"𝄞"}\n\n',
  'retry: 1500\r\n\r\n',
  'data:one\rdata: two\rdata:  three\r\r',
  'data\n\n',
  'id: x\0y\nevent: nothing\n\n',
  'retry: 1.5\nunknown: 1\nid\r\ndata: ends: here\r\n\r\n',
  'data: never ends',
].join('');

const EVENTS = [
  { type: 'model', id: 'e-7', data: '{"ü":"𝄞"}' },
  { type: 'message', id: 'e-7', data: 'one\ntwo\n three' },
  { type: 'message', id: 'e-7', data: '' },
  { type: 'message', id: '', data: 'ends: here' },
];

test('a stream is read the same wherever it is cut', () => {
  const bytes = new TextEncoder().encode(`\ufeff${STREAM}`);
  const retries = [];
  assert.deepEqual(parsed(bytes, [], retries), EVENTS);
  assert.deepEqual(retries, [1500]);
  for (let cut = 0; cut <= bytes.length; cut += 1) assert.deepEqual(parsed(bytes, [cut]), EVENTS, `cut at ${cut}`);
  assert.deepEqual(parsed(bytes, Array.from(bytes, (_, index) => index)), EVENTS, 'byte by byte');
});

test('streams of any line ends are read the same in any pieces', () => {
  const random = new Random(45);
  for (let round = 0; round < 300; round += 1) {
    const events = Array.from({ length: 1 + random.below(5) }, (_, id) => ({
      type: random.one(['model', 'event']),
      id: `e-${id}`,
      data: random.one(['é', '\u2028', '{"a":1}', 'two\nlines', '日本語']),
    }));
    const end = () => random.one(['\n', '\r\n', '\r']);
    const text = events.map(({ type, id, data }) => {
      const lines = [`event: ${type}`, `id:${id}`, ...data.split('\n').map((line) => `data: ${line}`)];
      return `${lines.map((line) => line + end()).join('')}${random.below(2) ? '' : ': alive\n'}`;
    });
    // A CR and an empty line that ends with a LF would be one end of a line: the comment keeps them apart.
    const bytes = new TextEncoder().encode(text.map((block) => `${block}:\n\n`).join(''));
    const cuts = Array.from({ length: random.below(12) }, () => random.below(bytes.length)).sort((a, b) => a - b);
    assert.deepEqual(parsed(bytes, cuts), events);
  }
});

test('a long line in many pieces is put together, one without an end is not kept', () => {
  const long = 'x'.repeat(1_000_000);
  const bytes = new TextEncoder().encode(`data: ${long}\n\n`);
  const cuts = Array.from({ length: 1000 }, (_, index) => index * 1000);
  assert.equal(parsed(bytes, cuts)[0].data, long);
  const parser = new SseParser({ maxLength: 100 });
  const piece = new TextEncoder().encode(`data: ${'x'.repeat(40)}\n`);
  parser.push(piece);
  parser.push(piece);
  assert.throws(() => parser.push(piece), { type: 'urn:everfold:client:event-too-long' });
});
