package everfold

import (
	"everfold/canonical"
	"everfold/internal/wire"
)

// Event is an immutable fact about one entity.
type Event[Data any] struct {
	// ID is a UUIDv1, unique in its context, made when it happened.
	ID string
	// Entity is to whom it happened: a UUIDv4.
	Entity string
	// Type is what happened.
	Type string
	// Data is what is known about it.
	Data Data
	// OccurredAt is when it happened, in microseconds since the Unix epoch, as [time.UnixMicro] takes it.
	OccurredAt int64
	// Position is its place in the log, counted from 1. 0, which means none, if the Fold is Occurred.
	Position uint64
	// Cause is the event or command that led to it. Empty for what came from outside.
	Cause string
	// Metadata was sent along with it (tracing, authorship), in this order.
	Metadata Pairs

	call *call
}

// Ignored is the data of events whose type says it all. Whatever it is, it is not looked at.
type Ignored struct{}

// Pair is one entry of [Pairs].
type Pair = wire.Pair

// Pairs are keys and values in an order that is kept.
type Pairs []Pair

// Lookup gives the value of the first pair with that key, and whether there is one.
func (p Pairs) Lookup(key string) (string, bool) {
	for _, pair := range p {
		if pair.Key == key {
			return pair.Value, true
		}
	}
	return "", false
}

// NewEvent is an event that a reducer wants to exist. The host derives its id from the event that led
// to it.
type NewEvent struct {
	// Type is what happens: [A-Za-z][A-Za-z0-9._-]{0,127}. Anything else parks the entity.
	Type string
	// Data is what is known about it: anything that package canonical can write.
	Data any
	// Entity is to whom it happens: a UUIDv4 in its usual text form. Empty: to the model's own entity or,
	// if the Fold is WholeContext, to that of the event that led to it.
	Entity string
	// Metadata is sent along and is not part of the event's identity.
	Metadata Pairs
}

// Emit makes e lead to another event, which exists once the host has committed the whole call. Data that
// cannot be written refuses e, as invalid-json. It works until the handler that got e returns.
func (e Event[Data]) Emit(event NewEvent) {
	e.call.emit(event)
}

// Forget makes the model vanish: after e there is none, and the next event finds the initial one. What
// the handler has done or does to the model besides has no effect.
func (e Event[Data]) Forget() {
	e.call.forgotten = true
}

// call is one event being applied, and what that has led to.
type call struct {
	event     *wire.Event
	index     uint32
	events    []wire.NewEvent
	forgotten bool
	unwritten *Failure // the first new event that could not be written
}

func (c *call) emit(event NewEvent) {
	data, err := canonical.Marshal(event.Data)
	if err != nil {
		if c.unwritten == nil {
			c.unwritten = unreadable("invalid-json", event.Type+": "+err.Error())
		}
		return
	}
	c.events = append(c.events, wire.NewEvent{
		Cause:    c.index,
		Type:     event.Type,
		Entity:   event.Entity,
		Data:     data,
		Metadata: event.Metadata,
	})
}

// read gives the event of the call with its data as Data.
func read[Data any](c *call) (event Event[Data], err error) {
	from := c.event
	event.ID = from.ID
	event.Entity = from.Entity
	event.Type = from.Type
	event.OccurredAt = from.OccurredAt
	event.Position = from.Position
	event.Cause = from.Cause
	event.Metadata = from.Metadata
	event.call = c
	if _, ignored := any(event.Data).(Ignored); ignored {
		return event, nil
	}
	data := new(Data) // by itself: what is read into has to be on the heap, the event has not
	if err := canonical.Unmarshal(from.Data, data); err != nil {
		return event, unreadable("invalid-data", event.Type+": "+err.Error())
	}
	event.Data = *data
	return event, nil
}
