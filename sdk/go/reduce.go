package everfold

import (
	"everfold/canonical"
	"everfold/internal/wire"
)

// Describe is what the host is told about the reducer.
func (r Reducer[Model]) Describe() wire.Descriptor {
	descriptor := wire.Descriptor{
		Fold:        uint8(r.Fold),
		Upgrade:     uint8(r.Upgrade),
		History:     uint8(r.History),
		ContentType: r.ContentType,
		Emits:       r.Emits,
		Attributes:  r.Attributes,
	}
	for _, handler := range r.Handlers {
		if handler.eventType == "" {
			descriptor.EventTypes = nil
			break
		}
		descriptor.EventTypes = append(descriptor.EventTypes, handler.eventType)
	}
	return descriptor
}

// Reduce is one call of the host: it reads the model once, which is empty text where there is none,
// applies the events one after another, and writes the model once. Nothing of a failed call counts.
func (r Reducer[Model]) Reduce(before string, events []wire.Event) (wire.Reduction, *wire.Failure) {
	reduction, failure := r.reduce(before, events)
	if failure != nil {
		return wire.Reduction{}, (*wire.Failure)(failure)
	}
	return reduction, nil
}

func (r Reducer[Model]) reduce(before string, events []wire.Event) (wire.Reduction, *Failure) {
	s := state[Model]{reducer: &r, about: -1}
	var reduction wire.Reduction
	failure := guard(func() error {
		if err := s.read(before); err != nil {
			return err
		}
		for i := range events {
			s.about = i
			s.call.event, s.call.index = &events[i], uint32(i)
			if err := s.apply(); err != nil {
				return err
			}
		}
		s.about = -1
		reduction.Events = s.call.events
		return s.change(before, &reduction)
	})
	if failure != nil {
		failure.Event = s.about
	}
	return reduction, failure
}

// state is a model on its way through a call.
type state[Model any] struct {
	reducer *Reducer[Model]
	model   *Model
	call    call
	about   int // the index of the event that is being applied; -1 before and after that
}

func (s *state[Model]) read(before string) error {
	if before == "" {
		s.model = s.initial()
		return nil
	}
	s.model = new(Model)
	if err := canonical.Unmarshal(before, s.model); err != nil {
		return unreadable("invalid-model", err.Error())
	}
	return nil
}

func (s *state[Model]) initial() *Model {
	model := new(Model)
	if s.reducer.Initial != nil {
		*model = s.reducer.Initial()
	}
	return model
}

func (s *state[Model]) apply() error {
	handler := s.handler()
	if handler == nil {
		return unreadable("invalid-data", s.call.event.Type+": this reducer does not take it")
	}
	s.call.forgotten = false
	if err := handler.apply(s.model, &s.call); err != nil {
		return err
	}
	if s.call.unwritten != nil {
		return s.call.unwritten
	}
	if s.call.forgotten {
		s.model = s.initial()
	}
	return nil
}

// handler is the one for the type of the event, else the one for any.
func (s *state[Model]) handler() *Handler[Model] {
	var found *Handler[Model]
	for i := range s.reducer.Handlers {
		switch handler := &s.reducer.Handlers[i]; handler.eventType {
		case s.call.event.Type:
			return handler
		case "":
			found = handler
		}
	}
	return found
}

// change says what becomes of the model. One that is written as null is no model.
func (s *state[Model]) change(before string, reduction *wire.Reduction) error {
	after := []byte("null")
	if !s.call.forgotten {
		var err error
		room := make([]byte, 0, len(before)+len(before)/8+64) // most models grow slowly
		if after, err = canonical.Append(room, s.model); err != nil {
			return unreadable("invalid-model", err.Error())
		}
	}
	switch {
	case string(after) == "null" && before == "", string(after) == before:
		reduction.Change = wire.Keep
	case string(after) == "null":
		reduction.Change = wire.Delete
	default:
		reduction.Change, reduction.Model = wire.Put, after
	}
	return nil
}
