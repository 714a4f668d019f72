// @ts-check
import { reducer, t } from 'everfold';

/**
 * @typedef {{ price: number, qty: number }} Item
 * @typedef {{ items: Record<string, Item>, open: boolean, total: number }} Cart
 */

export default reducer({
  takes: {
    item_added: t.object({ sku: t.string, qty: t.integer, price: t.integer }),
    item_removed: t.object({ sku: t.string, qty: t.integer }),
    checked_out: t.json,
  },
  emits: ['cart_ended'],
  /** @returns {Cart} */
  initial: () => ({ items: {}, open: true, total: 0 }),
  apply(cart, event, emit) {
    if (!cart.open) return cart;
    switch (event.type) {
      case 'item_added': {
        const { sku, qty, price } = event.data;
        return withItem(cart, sku, { price, qty: (find(cart, sku)?.qty ?? 0) + qty });
      }
      case 'item_removed': {
        const { sku, qty } = event.data;
        const item = find(cart, sku);
        return item === undefined ? cart : withItem(cart, sku, { ...item, qty: item.qty - qty }, item.qty > qty);
      }
      case 'checked_out':
        emit('cart_ended', { items: Object.keys(cart.items).length, total: cart.total });
        return { ...cart, open: false };
    }
  },
});

/**
 * A SKU may be named like anything that every object has.
 *
 * @param {Cart} cart
 * @param {string} sku
 * @returns {Item | undefined}
 */
function find(cart, sku) {
  return Object.hasOwn(cart.items, sku) ? cart.items[sku] : undefined;
}

/**
 * The cart with that item in the place of the one before, or without it.
 *
 * @param {Cart} cart
 * @param {string} sku
 * @param {Item} item
 * @returns {Cart}
 */
function withItem(cart, sku, item, stays = true) {
  const total = cart.total - cost(find(cart, sku));
  if (stays) return { ...cart, items: { ...cart.items, [sku]: item }, total: total + cost(item) };
  const { [sku]: _, ...others } = cart.items;
  return { ...cart, items: others, total };
}

/** @param {Item} [item] */
function cost(item) {
  return item === undefined ? 0 : item.qty * item.price;
}
