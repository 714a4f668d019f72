/** Random JSON from a seed, and patches between two documents, made in the plainest way. */

const NAMES = ['a', 'b', 'c', '', '0', '1', '-', 'a/b', 'm~n', '__proto__', 'constructor', 'ü', '𝄞'];

/** Numbers that are the same in each run (mulberry32). */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed;
  }

  /** From 0 to `end`, without it. */
  below(end) {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
  }

  one(items) {
    return items[this.below(items.length)];
  }

  /** An operation that fits a document, which is an object. */
  operation(document) {
    const inside = pointers(document, '').filter((path) => path !== '');
    if (inside.length === 0) return { op: 'add', path: '/a', value: value(this, 3) };
    const [path, from] = [this.one(inside), this.one(inside)];
    switch (this.below(5)) {
      case 0:
        return { op: 'add', path, value: value(this, 2) };
      case 1:
        return { op: 'replace', path, value: value(this, 2) };
      case 2:
        return { op: 'remove', path };
      case 3:
        return { op: 'copy', from, path: `/x${this.below(3)}` };
      default:
        return { op: 'move', from, path: `/y${this.below(3)}` };
    }
  }
}

/** A JSON value, at most so deep. */
export function value(random, depth) {
  switch (random.below(depth > 0 ? 8 : 5)) {
    case 0:
      return null;
    case 1:
      return random.below(2) === 0;
    case 2:
      return random.below(3);
    case 3:
      return random.below(1000) / 8 - 50;
    case 4:
      return random.one(['', 'x', 'y', 'é', '\u0000"\\']);
    case 5:
      return Array.from({ length: random.below(4) }, () => value(random, depth - 1));
    default:
      return Object.fromEntries(Array.from({ length: random.below(5) }, () => [random.one(NAMES), value(random, depth - 1)]));
  }
}

/** Where something is in a document. */
function pointers(document, path) {
  if (typeof document !== 'object' || document === null) return [path];
  const below = Object.entries(document).flatMap(([name, inner]) => pointers(inner, `${path}/${escaped(name)}`));
  return [path, ...below];
}

function escaped(name) {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function isObject(document) {
  return typeof document === 'object' && document !== null && !Array.isArray(document);
}

/** A patch from one document to another. */
export function diff(before, after, path = '') {
  if (Array.isArray(before) && Array.isArray(after)) {
    const common = Math.min(before.length, after.length);
    const changed = before.slice(0, common).flatMap((item, index) => diff(item, after[index], `${path}/${index}`));
    const removed = before.slice(common).map((_, index) => ({ op: 'remove', path: `${path}/${before.length - 1 - index}` }));
    return [...changed, ...removed, ...after.slice(common).map((item) => ({ op: 'add', path: `${path}/-`, value: item }))];
  }
  if (!isObject(before) || !isObject(after)) {
    return Object.is(before, after) ? [] : [{ op: 'replace', path, value: after }];
  }
  const operations = [];
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const below = `${path}/${escaped(name)}`;
    if (!Object.hasOwn(after, name)) operations.push({ op: 'remove', path: below });
    else if (!Object.hasOwn(before, name)) operations.push({ op: 'add', path: below, value: after[name] });
    else operations.push(...diff(before[name], after[name], below));
  }
  return operations;
}
