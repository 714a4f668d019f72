package main

import "everfold"

type Cart struct {
	Items map[string]Item `json:"items"`
	Open  bool            `json:"open"`
	Total int64           `json:"total"`
}

type Item struct {
	Price int64 `json:"price"`
	Qty   int64 `json:"qty"`
}

type ItemAdded struct {
	SKU   string `json:"sku"`
	Qty   int64  `json:"qty"`
	Price int64  `json:"price"`
}

type ItemRemoved struct {
	SKU string `json:"sku"`
	Qty int64  `json:"qty"`
}

type CartEnded struct {
	Items int   `json:"items"`
	Total int64 `json:"total"`
}

func itemAdded(m *Cart, e everfold.Event[ItemAdded]) error {
	if !m.Open {
		return nil
	}
	item := m.Items[e.Data.SKU]
	m.put(e.Data.SKU, Item{Price: e.Data.Price, Qty: item.Qty + e.Data.Qty})
	return nil
}

func itemRemoved(m *Cart, e everfold.Event[ItemRemoved]) error {
	item, known := m.Items[e.Data.SKU]
	if !m.Open || !known {
		return nil
	}
	item.Qty -= e.Data.Qty
	if item.Qty > 0 {
		m.put(e.Data.SKU, item)
	} else {
		m.put(e.Data.SKU, Item{})
		delete(m.Items, e.Data.SKU)
	}
	return nil
}

func checkedOut(m *Cart, e everfold.Event[everfold.Ignored]) error {
	if !m.Open {
		return nil
	}
	m.Open = false
	e.Emit(everfold.NewEvent{
		Type: "cart_ended",
		Data: CartEnded{Items: len(m.Items), Total: m.Total},
	})
	return nil
}

// put replaces an item and keeps the total up to date.
func (m *Cart) put(sku string, item Item) {
	before := m.Items[sku]
	m.Total += item.Qty*item.Price - before.Qty*before.Price
	m.Items[sku] = item
}

var reducer = everfold.Reducer[Cart]{
	Initial: func() Cart { return Cart{Items: map[string]Item{}, Open: true} },
	Emits:   []string{"cart_ended"},
	Handlers: []everfold.Handler[Cart]{
		everfold.On("item_added", itemAdded),
		everfold.On("item_removed", itemRemoved),
		everfold.On("checked_out", checkedOut),
	},
}

func init() { everfold.Export(reducer) }

func main() {}
