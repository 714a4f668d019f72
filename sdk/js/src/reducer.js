/** The definition of a reducer, and what the host is told about it. */

const FOLDS = ['occurred', 'recorded', 'whole-context'];

/** The options with a fixed set of values; the first is the default. */
const CHOICES = { fold: FOLDS, upgrade: ['rebuild', 'resume'], history: ['emit', 'silent'] };
const OPTIONS = ['initial', 'apply', 'takes', 'emits', 'contentType', 'attributes', ...Object.keys(CHOICES)];

/** What `reducer` has made, as opposed to any other object. */
const definitions = new WeakSet();

/**
 * Defines a reducer: the default export of the file that `everfold build` is given.
 *
 * @throws {TypeError} for options that there are not, when the module is built
 */
export function reducer(definition) {
  for (const option of Object.keys(definition)) {
    if (!OPTIONS.includes(option))
      throw new TypeError(`reducer: there is no option ${option}: ${OPTIONS.join(', ')}`);
  }
  for (const option of ['initial', 'apply']) {
    if (typeof definition[option] !== 'function') throw new TypeError(`reducer: ${option} is a function`);
  }
  const defined = { emits: [], attributes: {}, ...definition };
  for (const [option, values] of Object.entries(CHOICES)) {
    defined[option] ??= values[0];
    if (!values.includes(defined[option])) throw new TypeError(`reducer: ${option} is ${values.join(' or ')}`);
  }
  definitions.add(defined);
  return Object.freeze(defined);
}

export function isReducer(value) {
  return definitions.has(value);
}

/** The descriptor of the contract. */
export function describe({ takes = {}, emits, fold, upgrade, history, contentType = null, attributes }) {
  return {
    eventTypes: Object.keys(takes),
    fold: fold === 'whole-context' ? { tag: 'whole-context' } : { tag: 'entity', val: fold },
    upgrade,
    history,
    contentType,
    emits: [...emits],
    attributes: Object.entries(attributes),
  };
}
