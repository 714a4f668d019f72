import { Failure, reducer, t } from 'everfold';

export default reducer({
  takes: {
    counted: t.json,
    refused: t.object({ why: t.string }),
  },
  initial: () => ({ count: 0 }),
  apply(model, event) {
    if (event.type === 'refused') throw new Failure('refused', `as it asked for: ${event.data.why}`);
    return { count: model.count + 1 };
  },
});
