// Package wire holds the values of everfold:domain/types as they cross the boundary between the host
// and a module: payloads are JSON text, not yet read.
package wire

// Pair is one entry of an ordered list of keys and values.
type Pair struct {
	Key   string
	Value string
}

// Event is what the host hands over. Its strings may lie in memory that the host filled: they are read
// and never changed.
type Event struct {
	ID         string
	Entity     string
	Type       string
	Data       string
	OccurredAt int64
	Position   uint64 // 0: none
	Cause      string // empty: none
	Metadata   []Pair
}

// NewEvent is an event that a reducer wants to exist.
type NewEvent struct {
	Cause    uint32
	Type     string
	Entity   string // empty: none
	Data     []byte
	Metadata []Pair
}

// Change is what becomes of a model. The values are those of the contract's model-change.
type Change uint8

// What can become of a model.
const (
	Keep Change = iota
	Put
	Delete
)

// Reduction is what a call brings about.
type Reduction struct {
	Change Change
	Model  []byte // if it is put
	Events []NewEvent
}

// Failure is why a reducer refuses.
type Failure struct {
	Event   int // index in the call; -1: none
	Code    string
	Message string
	Trace   string // empty: none
}

// WholeContext is the Fold that is no order.
const WholeContext = 2

// Descriptor is what the host must know before the first reduction. The numbers are those of the
// contract's enums; Fold is an order or WholeContext.
type Descriptor struct {
	EventTypes  []string
	Fold        uint8
	Upgrade     uint8
	History     uint8
	ContentType string // empty: none
	Emits       []string
	Attributes  []Pair
}

// Module is what a program exports.
type Module interface {
	Describe() Descriptor
	Reduce(model string, events []Event) (Reduction, *Failure)
}
