// Package everfoldtest tests reducers natively, without wasm and without a host.
//
//	folded, err := everfoldtest.Fold(reducer, "",
//		everfoldtest.Event{Type: "item_added", Data: ItemAdded{Qty: 2}},
//	)
//	// folded.Model is `{"count":2}`
package everfoldtest

import (
	"fmt"

	"everfold"
	"everfold/canonical"
	"everfold/internal/wire"
)

// Entity is the entity of the events that name none.
const Entity = "7c9e6679-7425-40de-944b-e07fc1f90ae7"

// Event is an event for a test. What is not said is made up: the n-th event of a call happens n seconds
// after the Unix epoch, to [Entity], and has an id of its own.
type Event struct {
	// Type is what happened.
	Type string
	// Data is what is known about it: anything that package canonical can write.
	Data any
	// ID is for tests that look at ids.
	ID string
	// Entity is to whom it happened.
	Entity string
	// OccurredAt is when it happened, in microseconds since the Unix epoch.
	OccurredAt int64
	// Position is its place in the log, for reducers that do not fold by Occurred.
	Position uint64
	// Cause is the event or command that led to it.
	Cause string
	// Metadata was sent along with it.
	Metadata everfold.Pairs
}

func (e Event) complete(index int) (wire.Event, error) {
	data, err := canonical.Marshal(e.Data)
	if err != nil {
		return wire.Event{}, fmt.Errorf("the data of event %d: %w", index, err)
	}
	event := wire.Event{
		ID:         e.ID,
		Entity:     e.Entity,
		Type:       e.Type,
		Data:       string(data),
		OccurredAt: e.OccurredAt,
		Position:   e.Position,
		Cause:      e.Cause,
		Metadata:   e.Metadata,
	}
	if event.ID == "" {
		event.ID = fmt.Sprintf("%08x-0000-1000-8000-010000000000", index)
	}
	if event.Entity == "" {
		event.Entity = Entity
	}
	if event.OccurredAt == 0 {
		event.OccurredAt = 1_000_000 * int64(1+index)
	}
	return event, nil
}

// Folded is what came of a call.
type Folded struct {
	// Model is the model as it is stored: canonical JSON, empty where there is none. Passed on, it lets
	// another call go on.
	Model string
	// Events are the events that the reducer wants to exist, in order.
	Events []Emitted
}

// Emitted is a new event, as the host gets it.
type Emitted struct {
	// Cause is the index of the event that led to it.
	Cause int
	// Type is what happens.
	Type string
	// Entity is to whom it happens. Empty: to the model's own entity.
	Entity string
	// Data is what is known about it, as canonical JSON.
	Data string
	// Metadata is sent along with it.
	Metadata everfold.Pairs
}

// Fold folds events in the order given into model, in one call, as the host would. The model is JSON,
// empty where there is none. The error is an [everfold.Failure] if the reducer refuses.
func Fold[Model any](reducer everfold.Reducer[Model], model string, events ...Event) (Folded, error) {
	completed, err := complete(events)
	if err != nil {
		return Folded{}, err
	}
	return fold(reducer, model, completed)
}

func complete(events []Event) ([]wire.Event, error) {
	completed := make([]wire.Event, len(events))
	for i, event := range events {
		var err error
		if completed[i], err = event.complete(i); err != nil {
			return nil, err
		}
	}
	return completed, nil
}

func fold[Model any](reducer everfold.Reducer[Model], model string, events []wire.Event) (Folded, error) {
	reduction, failure := reducer.Reduce(model, events)
	if failure != nil {
		return Folded{}, (*everfold.Failure)(failure)
	}
	folded := Folded{Model: model}
	switch reduction.Change {
	case wire.Put:
		folded.Model = string(reduction.Model)
	case wire.Delete:
		folded.Model = ""
	}
	for _, event := range reduction.Events {
		folded.Events = append(folded.Events, Emitted{
			Cause:    int(event.Cause),
			Type:     event.Type,
			Entity:   event.Entity,
			Data:     string(event.Data),
			Metadata: event.Metadata,
		})
	}
	return folded, nil
}
