// @ts-check
import { reducer, t } from 'everfold';

export default reducer({
  takes: {
    counted: t.json,
    forgotten: t.json,
  },
  initial: () => ({ count: 0 }),
  apply: (model, event) => (event.type === 'forgotten' ? null : { count: model.count + 1 }),
});
