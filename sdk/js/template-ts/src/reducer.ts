import { Failure, reducer, t } from 'everfold';

/** How many there are. */
export interface Model {
  count: number;
}

export default reducer({
  takes: {
    item_added: t.object({ qty: t.integer }),
    cleared: t.json,
  },
  initial: (): Model => ({ count: 0 }),
  apply(model, event) {
    switch (event.type) {
      case 'item_added': {
        const { qty } = event.data;
        if (qty < 0) throw new Failure('negative-qty', `${qty} items cannot be added`);
        return { count: model.count + qty };
      }
      case 'cleared':
        return { count: 0 };
    }
  },
});
