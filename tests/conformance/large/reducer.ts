import { reducer, t } from 'everfold';

export default reducer({
  takes: { grown: t.object({ fill: t.string, times: t.integer }) },
  initial: () => ({ parts: [] as string[] }),
  apply(model, event) {
    const { fill, times } = event.data;
    for (let n = 0; n < times; n++) model.parts.push(fill);
    return model;
  },
});
