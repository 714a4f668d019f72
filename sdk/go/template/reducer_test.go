package main

import (
	"errors"
	"testing"

	"everfold"
	"everfold/everfoldtest"
)

func TestCountsWhatIsAdded(t *testing.T) {
	folded, err := everfoldtest.FoldInAllCuts(reducer,
		everfoldtest.Event{Type: "item_added", Data: ItemAdded{Qty: 2}},
		everfoldtest.Event{Type: "cleared"},
		everfoldtest.Event{Type: "item_added", Data: ItemAdded{Qty: 3}},
	)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"count":3}`; folded.Model != want {
		t.Errorf("the model is %s, not %s", folded.Model, want)
	}
}

func TestRefusesLessThanNothing(t *testing.T) {
	_, err := everfoldtest.Fold(reducer, "",
		everfoldtest.Event{Type: "item_added", Data: ItemAdded{Qty: -1}},
	)
	var failure *everfold.Failure
	if !errors.As(err, &failure) || failure.Code != "negative-qty" || failure.Event != 0 {
		t.Errorf("it ended with %v", err)
	}
}
