package everfoldtest_test

import (
	"fmt"

	"everfold"
	"everfold/everfoldtest"
)

type Counter struct {
	Count int `json:"count"`
}

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

var reducer = everfold.Reducer[Counter]{
	Handlers: []everfold.Handler[Counter]{everfold.On("item_added", itemAdded)},
}

func ExampleFold() {
	folded, err := everfoldtest.Fold(reducer, `{"count":40}`,
		everfoldtest.Event{Type: "item_added", Data: ItemAdded{Qty: 2}},
	)
	fmt.Println(folded.Model, folded.Events, err)

	_, err = everfoldtest.Fold(reducer, "",
		everfoldtest.Event{Type: "item_added", Data: ItemAdded{Qty: -1}},
	)
	fmt.Println(err)
	// Output:
	// {"count":42} [] <nil>
	// negative-qty: an item is added, not taken away
}
