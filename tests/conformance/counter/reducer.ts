import { reducer, t } from 'everfold';

export default reducer({
  takes: {
    added: t.object({ n: t.integer }),
    cleared: t.json,
  },
  initial: () => ({ count: 0 }),
  apply(model, event) {
    switch (event.type) {
      case 'added':
        return { count: model.count + event.data.n };
      case 'cleared':
        return { count: 0 };
    }
  },
});
