// Package everfold makes reducers in Go: Go types for a model and for the data of its events, one
// function for each event type, one value that names them.
//
//	type Counter struct {
//		Count int `json:"count"`
//	}
//
//	type ItemAdded struct {
//		Qty int `json:"qty"`
//	}
//
//	func itemAdded(m *Counter, e everfold.Event[ItemAdded]) error {
//		m.Count += e.Data.Qty
//		return nil
//	}
//
//	var reducer = everfold.Reducer[Counter]{
//		Handlers: []everfold.Handler[Counter]{everfold.On("item_added", itemAdded)},
//	}
//
//	func init() { everfold.Export(reducer) }
//
//	func main() {}
//
// The functions must be pure: they are called again for the same events when one arrives late, when a
// module is upgraded, and on other machines. Everything that they need is in their arguments, times
// included. Go walks over a map in no fixed order: sort the keys where the order matters.
//
// The parts, in the order that a call flows: [Export] hands the reducer to the exports of the module,
// which turn the host's memory into values; package canonical reads the model and the data; handlers
// apply each [Event]; a [NewEvent] or a [Failure] goes back. Package log writes lines for people,
// package everfoldtest does all of it natively.
package everfold

// Fold is how events are folded into models.
type Fold uint8

// The ways to fold.
const (
	// Occurred makes one model for each entity and takes its events by id, that is, as they happened.
	// An event that arrives late makes the host fold the entity afresh.
	Occurred Fold = iota
	// Recorded makes one model for each entity and takes its events by position.
	Recorded
	// WholeContext makes one model of all events of a context, by position.
	WholeContext
)

// Upgrade is what happens to present models when the module replaces another.
type Upgrade uint8

// What can happen to present models.
const (
	// Rebuild folds them afresh, in the background.
	Rebuild Upgrade = iota
	// Resume takes them over as they are. It needs Recorded or WholeContext.
	Resume
)

// History is whether events that were in the log before the domain's first module lead to new events.
type History uint8

// What old events can lead to.
const (
	// Emit lets them lead to new events like any other.
	Emit History = iota
	// Silent lets them change the model only.
	Silent
)

// Reducer is a pure function from a model and an event to the next model and new events, taken apart by
// event type. The zero value of everything but Handlers is its default.
type Reducer[Model any] struct {
	// Handlers say which event types are taken, and what becomes of each.
	Handlers []Handler[Model]
	// Initial makes the model before the first event. Nil: the zero value, in which maps are nil.
	Initial func() Model
	// Fold is how events are folded.
	Fold Fold
	// Upgrade is what happens to present models when this module replaces another.
	Upgrade Upgrade
	// History is whether events older than the domain lead to new events.
	History History
	// Emits names the event types that it may emit. Empty: it emits none, or does not say.
	Emits []string
	// ContentType is the media type under which models are served: a JSON type. Empty: application/json.
	ContentType string
	// Attributes are shown beside the module: version, source, author.
	Attributes Pairs
}

// Handler applies the events of one type to a model. [On] and [OnAny] make one.
type Handler[Model any] struct {
	eventType string // empty: any
	apply     func(*Model, *call) error
}

// On takes events of a type: apply gets their data as Data, changes the model, and says with
// [Event.Emit] what new events that leads to. Data that cannot be read as Data is refused as
// invalid-data; [Ignored] takes anything.
func On[Model, Data any](eventType string, apply func(*Model, Event[Data]) error) Handler[Model] {
	return Handler[Model]{eventType, func(m *Model, c *call) error {
		e, err := read[Data](c)
		if err != nil {
			return err
		}
		return apply(m, e)
	}}
}

// OnAny takes events of all types for which there is no other handler, so that the module takes every
// event.
func OnAny[Model, Data any](apply func(*Model, Event[Data]) error) Handler[Model] {
	return On("", apply)
}
