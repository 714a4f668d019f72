// @ts-check
import { reducer, t } from 'everfold';

export default reducer({
  takes: { grown: t.object({ fill: t.string, times: t.integer }) },
  /** @returns {{ parts: string[] }} */
  initial: () => ({ parts: [] }),
  apply(model, event) {
    const { fill, times } = event.data;
    for (let n = 0; n < times; n++) model.parts.push(fill);
    return model;
  },
});
