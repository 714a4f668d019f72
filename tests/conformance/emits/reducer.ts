import { reducer, t } from 'everfold';

export default reducer({
  takes: { said: t.object({ to: t.array(t.string), text: t.string }) },
  emits: ['heard'],
  initial: () => ({ said: 0 }),
  apply(model, event, emit) {
    const { to, text } = event.data;
    const metadata = [['by', event.entity]] as const;
    to.forEach((entity, i) => emit('heard', { i, text }, { entity, metadata }));
    if (to.length === 0) emit('heard', { i: 0, text }, { metadata });
    return { said: model.said + 1 };
  },
});
