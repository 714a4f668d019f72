// @ts-check
import { reducer, t } from 'everfold';

export default reducer({
  takes: { nested: t.json },
  /** @returns {{ depth: number, value: import('everfold').Json }} */
  initial: () => ({ depth: 0, value: null }),
  apply: (_model, event) => ({ depth: depthOf(event.data), value: event.data }),
});

/**
 * 0 for what holds nothing else, 1 more than the deepest of what it holds for all others.
 *
 * @param {import('everfold').Json} value
 * @returns {number}
 */
function depthOf(value) {
  if (typeof value !== 'object' || value === null) return 0;
  let deepest = 0;
  for (const member of Object.values(value)) deepest = Math.max(deepest, depthOf(member));
  return deepest + 1;
}
