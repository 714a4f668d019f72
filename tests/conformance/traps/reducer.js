// @ts-check
import { reducer, t } from 'everfold';

export default reducer({
  takes: {
    counted: t.json,
    looped: t.json,
  },
  initial: () => ({ count: 0 }),
  apply(model, event) {
    if (event.type === 'looped') forever();
    return { count: model.count + 1 };
  },
});

function forever() {
  for (;;);
}
