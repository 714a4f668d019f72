/**
 * JSON Patch (RFC 6902) over JSON Pointers (RFC 6901).
 *
 * A document is never altered: what a patch changes is copied on the way down, once, and everything else is
 * shared with the document before. Names are ordinary: `__proto__` is a key like any other.
 */

import { PatchError } from './errors.js';

/** How an index into an array may be written. */
const INDEX = /^(?:0|[1-9][0-9]*)$/;

/**
 * Applies a patch: all of it, or nothing.
 *
 * @param {unknown} document as `JSON.parse` gives it; stays as it is
 * @param {readonly object[]} patch the operations
 * @returns {unknown} the document that it becomes, which shares what did not change
 * @throws {PatchError} if it is no patch, or does not fit
 */
export function apply(document, patch) {
  if (!Array.isArray(patch)) throw new PatchError('a patch is an array of operations');
  const draft = new Draft(document);
  patch.forEach((operation, index) => {
    try {
      perform(draft, operation);
    } catch (error) {
      throw error instanceof Refusal ? new PatchError(error.message, index) : error;
    }
  });
  return draft.root;
}

/** Why an operation cannot be done; `apply` adds which one it was. */
class Refusal extends Error {}

function perform(draft, operation) {
  if (typeof operation !== 'object' || operation === null) throw new Refusal('it is no object');
  const path = pointer(operation, 'path');
  switch (operation.op) {
    case 'add':
      return draft.add(path, value(operation));
    case 'remove':
      return void draft.remove(path);
    case 'replace':
      return draft.replace(path, value(operation));
    case 'move':
      return draft.move(pointer(operation, 'from'), path);
    case 'copy':
      return draft.copy(pointer(operation, 'from'), path);
    case 'test':
      if (!equal(draft.at(path), value(operation))) throw new Refusal(`another value is at ${shown(path)}`);
      return undefined;
    default:
      throw new Refusal(`there is no op ${JSON.stringify(operation.op)}`);
  }
}

function value(operation) {
  if (!Object.hasOwn(operation, 'value')) throw new Refusal('it has no value');
  return operation.value;
}

/** The names that a pointer is made of. */
function pointer(operation, member) {
  const text = Object.hasOwn(operation, member) ? operation[member] : undefined;
  if (typeof text !== 'string') throw new Refusal(`it has no ${member}`);
  if (text === '') return [];
  if (text[0] !== '/') throw new Refusal(`the pointer ${JSON.stringify(text)} does not begin with /`);
  if (/~(?![01])/.test(text)) throw new Refusal(`the pointer ${JSON.stringify(text)} has a ~ that is neither ~0 nor ~1`);
  const names = text.slice(1).split('/');
  return text.includes('~') ? names.map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~')) : names;
}

function shown(names) {
  const text = names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return JSON.stringify(text);
}

/** A document that is being changed. */
class Draft {
  #root;
  /** Containers that were copied for this patch: nobody else holds them, so they may be changed. */
  #copies = new Set();

  constructor(document) {
    this.#root = document;
  }

  get root() {
    return this.#root;
  }

  /** What is there. */
  at(names) {
    return names.reduce((container, name, depth) => child(container, name, names, depth), this.#root);
  }

  add(names, added) {
    if (names.length === 0) return void (this.#root = added);
    const [container, name] = this.#parent(names);
    if (!Array.isArray(container)) return set(container, name, added);
    const index = name === '-' ? container.length : indexOf(name, container.length, names);
    container.splice(index, 0, added);
    return undefined;
  }

  remove(names) {
    if (names.length === 0) throw new Refusal('the whole document cannot be removed');
    const [container, name] = this.#parent(names);
    const removed = child(container, name, names, names.length - 1);
    if (Array.isArray(container)) container.splice(Number(name), 1);
    else delete container[name];
    return removed;
  }

  replace(names, replacement) {
    if (names.length === 0) return void (this.#root = replacement);
    const [container, name] = this.#parent(names);
    child(container, name, names, names.length - 1);
    return set(container, name, replacement);
  }

  move(from, names) {
    const moved = this.at(from);
    const isAbove = from.length <= names.length && from.every((name, depth) => name === names[depth]);
    if (isAbove && from.length === names.length) return;
    if (isAbove) throw new Refusal(`${shown(from)} cannot move into itself`);
    this.remove(from);
    this.add(names, moved);
  }

  copy(from, names) {
    const copied = this.at(from);
    // What is in two places must not be changed in one of them.
    this.#copies.clear();
    this.add(names, copied);
  }

  /** The container of what a pointer names, free to be changed, and the name in it. */
  #parent(names) {
    this.#root = this.#own(this.#root);
    let container = this.#root;
    const last = names.length - 1;
    for (let depth = 0; depth < last; depth += 1) {
      const inner = this.#own(child(container, names[depth], names, depth));
      set(container, names[depth], inner);
      container = inner;
    }
    if (typeof container !== 'object' || container === null) throw new Refusal(`nothing can be at ${shown(names)}`);
    return [container, names[last]];
  }

  /** The same container, or a copy that may be changed. */
  #own(container) {
    if (typeof container !== 'object' || container === null || this.#copies.has(container)) return container;
    const copy = Array.isArray(container) ? container.slice() : { ...container };
    this.#copies.add(copy);
    return copy;
  }
}

/** What a container holds under a name. */
function child(container, name, names, depth) {
  if (Array.isArray(container)) return container[indexOf(name, container.length - 1, names)];
  if (typeof container === 'object' && container !== null && Object.hasOwn(container, name)) return container[name];
  throw new Refusal(`nothing is at ${shown(names.slice(0, depth + 1))}`);
}

function indexOf(name, last, names) {
  if (!INDEX.test(name)) throw new Refusal(`${JSON.stringify(name)} in ${shown(names)} is no index of an array`);
  const index = Number(name);
  if (index > last) throw new Refusal(`index ${name} in ${shown(names)} is behind the end of the array`);
  return index;
}

function set(container, name, contained) {
  if (name === '__proto__') {
    // An assignment would change what the object inherits from.
    Object.defineProperty(container, name, { value: contained, writable: true, enumerable: true, configurable: true });
  } else {
    container[name] = contained;
  }
}

/** Whether two JSON values are equal: of objects the order of names does not count. */
function equal(one, other) {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  if (Array.isArray(one)) return one.length === other.length && one.every((item, index) => equal(item, other[index]));
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  return names.every((name) => Object.hasOwn(other, name) && equal(one[name], other[name]));
}
