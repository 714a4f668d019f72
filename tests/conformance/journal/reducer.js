// @ts-check
import { reducer, t } from 'everfold';

const KEPT = 3;

export default reducer({
  fold: 'whole-context',
  upgrade: 'resume',
  history: 'silent',
  contentType: 'application/vnd.everfold-journal+json',
  attributes: { version: '1' },
  takes: {
    counted: t.json,
    noted: t.object({ text: t.string }),
  },
  emits: ['summed'],
  /** @returns {{ count: number, last: number, texts: string[] }} */
  initial: () => ({ count: 0, last: 0, texts: [] }),
  apply({ count, texts }, event, emit) {
    const last = event.position ?? 0;
    switch (event.type) {
      case 'counted':
        emit('summed', { count: count + 1 });
        return { count: count + 1, last, texts };
      case 'noted':
        return { count, last, texts: [...texts, event.data.text].slice(-KEPT) };
    }
  },
});
