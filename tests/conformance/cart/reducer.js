// @ts-check
import { reducer, t } from 'everfold';

/** @typedef {{ items: Record<string, { price: number, qty: number }>, open: boolean, total: number }} Cart */

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
        const before = find(cart, sku)?.qty ?? 0;
        return holding(cart, { ...cart.items, [sku]: { price, qty: before + qty } });
      }
      case 'item_removed': {
        const { sku, qty } = event.data;
        const item = find(cart, sku);
        if (item === undefined) return cart;
        const { [sku]: _, ...others } = cart.items;
        const left = item.qty - qty;
        return holding(cart, left > 0 ? { ...others, [sku]: { ...item, qty: left } } : others);
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
 */
function find(cart, sku) {
  return Object.hasOwn(cart.items, sku) ? cart.items[sku] : undefined;
}

/**
 * The cart with these items, and what they cost.
 *
 * @param {Cart} cart
 * @param {Cart['items']} items
 * @returns {Cart}
 */
function holding(cart, items) {
  const total = Object.values(items).reduce((sum, { price, qty }) => sum + qty * price, 0);
  return { ...cart, items, total };
}
