package abi

import (
	"testing"
	"unsafe"
)

// The numbers follow from the canonical ABI's rules for records, variants and lists.
func TestRecordsLieAsTheCanonicalABISays(t *testing.T) {
	for name, sizes := range map[string][2]uintptr{
		"event":                 {unsafe.Sizeof(event{}), 80},
		"event.data":            {unsafe.Offsetof(event{}.data), 24},
		"event.occurred-at":     {unsafe.Offsetof(event{}.occurredAt), 32},
		"event.position":        {unsafe.Offsetof(event{}.hasPosition), 40},
		"event.position.some":   {unsafe.Offsetof(event{}.position), 48},
		"event.cause":           {unsafe.Offsetof(event{}.cause), 56},
		"event.metadata":        {unsafe.Offsetof(event{}.metadata), 68},
		"option":                {unsafe.Sizeof(optionalSpan{}), 12},
		"option.some":           {unsafe.Offsetof(optionalSpan{}.value), 4},
		"tuple":                 {unsafe.Sizeof(tuple{}), 16},
		"new-event":             {unsafe.Sizeof(newEvent{}), 40},
		"new-event.entity":      {unsafe.Offsetof(newEvent{}.entity), 12},
		"new-event.data":        {unsafe.Offsetof(newEvent{}.data), 24},
		"descriptor":            {unsafe.Sizeof(descriptor{}), 40},
		"descriptor.fold.order": {unsafe.Offsetof(descriptor{}.order), 9},
		"descriptor.upgrade":    {unsafe.Offsetof(descriptor{}.upgrade), 10},
		"descriptor.history":    {unsafe.Offsetof(descriptor{}.history), 11},
		"descriptor.content":    {unsafe.Offsetof(descriptor{}.contentType), 12},
		"descriptor.emits":      {unsafe.Offsetof(descriptor{}.emits), 24},
		"ok.model":              {unsafe.Offsetof(reduced{}.change), 4},
		"ok.model.put":          {unsafe.Offsetof(reduced{}.model), 8},
		"ok.events":             {unsafe.Offsetof(reduced{}.events), 16},
		"err.event":             {unsafe.Offsetof(refused{}.hasEvent), 4},
		"err.event.some":        {unsafe.Offsetof(refused{}.event), 8},
		"err.code":              {unsafe.Offsetof(refused{}.code), 12},
		"err.trace":             {unsafe.Offsetof(refused{}.trace), 28},
	} {
		if sizes[0] != sizes[1] {
			t.Errorf("%s: %d, not %d", name, sizes[0], sizes[1])
		}
	}
}
