import { reducer, t } from 'everfold';

export default reducer({
  takes: {
    counted: t.json,
    crashed: t.json,
  },
  initial: () => ({ count: 0 }),
  apply(model, event) {
    if (event.type === 'crashed') throw new Error('it crashed');
    return { count: model.count + 1 };
  },
});
