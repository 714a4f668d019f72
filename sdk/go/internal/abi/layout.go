package abi

// The records of the contract as they lie in memory: pointers and lengths of 32 bits, every field
// aligned to its size, the discriminant of a variant in one byte. Go lays out the same, also where this
// is not wasm, so that a native test can check it.

// span is a list or a string.
type span struct {
	start, count uint32
}

type optionalSpan struct {
	some  uint8
	value span
}

// tuple is tuple<string, string>.
type tuple struct {
	key, value span
}

type event struct {
	id, entity, eventType, data span
	occurredAt                  int64
	hasPosition                 uint8
	position                    uint64
	cause                       optionalSpan
	metadata                    span
}

type newEvent struct {
	cause     uint32
	eventType span
	entity    optionalSpan
	data      span
	metadata  span
}

type descriptor struct {
	eventTypes  span
	fold        uint8
	order       uint8
	upgrade     uint8
	history     uint8
	contentType optionalSpan
	emits       span
	attributes  span
}

// reduced is the result of a reduction that succeeded.
type reduced struct {
	failed uint8 // 0
	_      [3]uint8
	change uint8
	model  span
	events span
}

// refused is the result of one that failed.
type refused struct {
	failed   uint8 // 1
	_        [3]uint8
	hasEvent uint8
	event    uint32
	code     span
	message  span
	trace    optionalSpan
}
