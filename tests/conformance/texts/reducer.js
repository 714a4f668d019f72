// @ts-check
import { reducer, t } from 'everfold';

export default reducer({
  takes: { noted: t.object({ text: t.string, tags: t.record(t.string) }) },
  emits: ['echoed'],
  /** @returns {{ tags: Record<string, string>, texts: string[] }} */
  initial: () => ({ tags: {}, texts: [] }),
  apply(model, event, emit) {
    const { text, tags } = event.data;
    emit('echoed', { text });
    return { tags: { ...model.tags, ...tags }, texts: [...model.texts, text] };
  },
});
