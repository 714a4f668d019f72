package abi

import (
	"unsafe"

	"everfold/internal/wire"
)

//go:wasmexport everfold:domain/reducer@0.1.0#describe
func describe() unsafe.Pointer {
	d := Exported.Describe()
	result := &descriptor{
		eventTypes:  lowerTexts(d.EventTypes),
		upgrade:     d.Upgrade,
		history:     d.History,
		contentType: lowerOptional(d.ContentType),
		emits:       lowerTexts(d.Emits),
		attributes:  lowerPairs(d.Attributes),
	}
	if d.Fold == wire.WholeContext {
		result.fold = 1
	} else {
		result.order = d.Fold
	}
	keep(result)
	return unsafe.Pointer(result)
}

// reduce gets its arguments flat: target, model and events.
//
//go:wasmexport everfold:domain/reducer@0.1.0#reduce
func reduce(
	_ unsafe.Pointer, _ uint32, // the target's context
	_ unsafe.Pointer, _ uint32, // its domain
	_ uint32, _ unsafe.Pointer, _ uint32, // its entity, if any
	hasModel uint32, model unsafe.Pointer, modelSize uint32,
	events unsafe.Pointer, eventCount uint32,
) unsafe.Pointer {
	growStack()
	before := ""
	if hasModel != 0 {
		before = unsafe.String((*byte)(model), modelSize)
	}
	reduction, failure := Exported.Reduce(before, liftEvents(unsafe.Slice((*event)(events), eventCount)))
	if failure != nil {
		return lowerFailure(failure)
	}
	return lowerReduction(reduction)
}

// growStack makes room for what follows at once, while there is little on the stack to be moved: a tenth
// of what a call costs would be growing it step by step.
//
//go:noinline
func growStack() byte {
	var room [8 << 10]byte
	return room[len(kept)%len(room)]
}

func liftEvents(records []event) []wire.Event {
	events := make([]wire.Event, len(records))
	for i := range records {
		from, to := &records[i], &events[i]
		to.ID = text(from.id)
		to.Entity = text(from.entity)
		to.Type = text(from.eventType)
		to.Data = text(from.data)
		to.OccurredAt = from.occurredAt
		if from.hasPosition != 0 {
			to.Position = from.position
		}
		to.Cause = optionalText(from.cause)
		to.Metadata = liftPairs(from.metadata)
	}
	return events
}

func liftPairs(s span) []wire.Pair {
	var pairs []wire.Pair
	for _, record := range lift[tuple](s) {
		pairs = append(pairs, wire.Pair{Key: text(record.key), Value: text(record.value)})
	}
	return pairs
}

func lowerReduction(r wire.Reduction) unsafe.Pointer {
	events := make([]newEvent, len(r.Events))
	for i, e := range r.Events {
		events[i] = newEvent{
			cause:     e.Cause,
			eventType: lowerText(e.Type),
			entity:    lowerOptional(e.Entity),
			data:      lower(e.Data),
			metadata:  lowerPairs(e.Metadata),
		}
	}
	result := &reduced{change: uint8(r.Change), model: lower(r.Model), events: lower(events)}
	keep(result)
	return unsafe.Pointer(result)
}

func lowerFailure(f *wire.Failure) unsafe.Pointer {
	result := &refused{
		failed:  1,
		code:    lowerText(f.Code),
		message: lowerText(f.Message),
		trace:   lowerOptional(f.Trace),
	}
	if f.Event >= 0 {
		result.hasEvent, result.event = 1, uint32(f.Event)
	}
	keep(result)
	return unsafe.Pointer(result)
}

func lowerTexts(texts []string) span {
	spans := make([]span, len(texts))
	for i, text := range texts {
		spans[i] = lowerText(text)
	}
	return lower(spans)
}

func lowerPairs(pairs []wire.Pair) span {
	tuples := make([]tuple, len(pairs))
	for i, pair := range pairs {
		tuples[i] = tuple{lowerText(pair.Key), lowerText(pair.Value)}
	}
	return lower(tuples)
}
