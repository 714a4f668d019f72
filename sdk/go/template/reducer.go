// A reducer for Everfold: it counts the items that were added to an entity.
package main

import "everfold"

// Counter is the model.
type Counter struct {
	Count int `json:"count"`
}

// ItemAdded is the data of item_added.
type ItemAdded struct {
	Qty int `json:"qty"`
}

func itemAdded(m *Counter, e everfold.Event[ItemAdded]) error {
	if e.Data.Qty < 0 {
		return everfold.Refuse("negative-qty", "an item is added, not taken away")
	}
	m.Count += e.Data.Qty
	return nil
}

func cleared(m *Counter, _ everfold.Event[everfold.Ignored]) error {
	m.Count = 0
	return nil
}

var reducer = everfold.Reducer[Counter]{
	Handlers: []everfold.Handler[Counter]{
		everfold.On("item_added", itemAdded),
		everfold.On("cleared", cleared),
	},
}

func init() { everfold.Export(reducer) }

func main() {}
