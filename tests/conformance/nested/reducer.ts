import { type Json, reducer, t } from 'everfold';

export default reducer({
  takes: { nested: t.json },
  initial: () => ({ depth: 0, value: null as Json }),
  apply: (_model, event) => ({ depth: depthOf(event.data), value: event.data }),
});

/** 0 for what holds nothing else, 1 more than the deepest of what it holds for all others. */
function depthOf(value: Json): number {
  if (typeof value !== 'object' || value === null) return 0;
  let deepest = 0;
  for (const member of Object.values(value)) deepest = Math.max(deepest, depthOf(member));
  return deepest + 1;
}
