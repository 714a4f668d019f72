package everfoldtest

import (
	"fmt"
	"reflect"

	"everfold"
	"everfold/internal/wire"
)

// FoldInAllCuts checks the law of the contract that it must not matter how the host cuts events into
// calls: it folds them in one call, then in two for every place where they can be cut, then one by one.
// It gives what the one call gave. The error is an [everfold.Failure] if the reducer refuses, and
// another, which names the cut, if a model or the new events differ.
func FoldInAllCuts[Model any](reducer everfold.Reducer[Model], events ...Event) (Folded, error) {
	completed, err := complete(events)
	if err != nil {
		return Folded{}, err
	}
	whole, err := fold(reducer, "", completed)
	if err != nil {
		return Folded{}, err
	}
	for cut := 1; cut < len(completed); cut++ {
		where := fmt.Sprintf("cut before event %d", cut)
		if err := compare(reducer, whole, where, completed[:cut], completed[cut:]); err != nil {
			return Folded{}, err
		}
	}
	var single [][]wire.Event
	for i := range completed {
		single = append(single, completed[i:i+1])
	}
	return whole, compare(reducer, whole, "one by one", single...)
}

// compare folds parts one after another and says where what comes of that is not whole.
func compare[Model any](
	reducer everfold.Reducer[Model], whole Folded, where string, parts ...[]wire.Event,
) error {
	var all Folded
	done := 0
	for _, part := range parts {
		folded, err := fold(reducer, all.Model, part)
		if err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		all.Model = folded.Model
		for _, event := range folded.Events {
			event.Cause += done
			all.Events = append(all.Events, event)
		}
		done += len(part)
	}
	if !reflect.DeepEqual(all, whole) {
		return fmt.Errorf("%s: %+v, but in one call: %+v", where, all, whole)
	}
	return nil
}
