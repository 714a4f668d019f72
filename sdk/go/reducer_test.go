package everfold_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"everfold"
	"everfold/everfoldtest"
	"everfold/internal/wire"
)

type number struct {
	N int `json:"n"`
}

// sums adds up, answers each event, and does on demand whatever a reducer can do.
var sums = everfold.Reducer[number]{
	Initial: func() number { return number{N: 100} },
	Handlers: []everfold.Handler[number]{
		everfold.On("added", func(m *number, e everfold.Event[number]) error {
			m.N += e.Data.N
			e.Emit(everfold.NewEvent{
				Type: "answered", Data: m.N, Entity: e.Entity, Metadata: everfold.Pairs{{Key: "by", Value: "test"}},
			})
			return nil
		}),
		everfold.On("forgotten", func(m *number, e everfold.Event[everfold.Ignored]) error {
			m.N = 7
			e.Forget()
			return nil
		}),
		everfold.On("refused", func(_ *number, e everfold.Event[string]) error {
			return everfold.Refuse("because", e.Data)
		}),
		everfold.On("wrapped", func(_ *number, e everfold.Event[string]) error {
			return fmt.Errorf("in the end: %w", everfold.Refuse("because", e.Data))
		}),
		everfold.On("failed", func(*number, everfold.Event[any]) error { return errors.New("it failed") }),
		everfold.On("crashed", func(_ *number, e everfold.Event[[]int]) error {
			panic(fmt.Sprint("it crashed at ", e.Data[1]))
		}),
		everfold.On("unwritten", func(_ *number, e everfold.Event[any]) error {
			e.Emit(everfold.NewEvent{Type: "answered", Data: math.NaN()})
			return nil
		}),
	},
}

func added(n int) everfoldtest.Event {
	return everfoldtest.Event{Type: "added", Data: number{n}}
}

func event(eventType string, data any) everfoldtest.Event {
	return everfoldtest.Event{Type: eventType, Data: data}
}

func TestNewEventsNameTheEventThatLedToThem(t *testing.T) {
	folded, err := everfoldtest.FoldInAllCuts(sums, added(1), event("forgotten", nil), added(2))
	by := everfold.Pairs{{Key: "by", Value: "test"}}
	want := everfoldtest.Folded{Model: `{"n":102}`, Events: []everfoldtest.Emitted{
		{Cause: 0, Type: "answered", Entity: everfoldtest.Entity, Data: "101", Metadata: by},
		{Cause: 2, Type: "answered", Entity: everfoldtest.Entity, Data: "102", Metadata: by},
	}}
	if err != nil || !reflect.DeepEqual(folded, want) {
		t.Errorf("it came to %+v (%v)", folded, err)
	}
}

func TestAForgottenModelIsNone(t *testing.T) {
	for _, before := range []string{"", `{"n":1}`} {
		folded, err := everfoldtest.Fold(sums, before, event("forgotten", nil))
		if err != nil || folded.Model != "" {
			t.Errorf("after %q it came to %+v (%v)", before, folded, err)
		}
	}
}

func TestAModelThatIsNullIsNone(t *testing.T) {
	reducer := everfold.Reducer[*number]{Handlers: []everfold.Handler[*number]{
		everfold.On("put", func(m **number, e everfold.Event[*number]) error {
			*m = e.Data
			return nil
		}),
	}}
	folded, err := everfoldtest.FoldInAllCuts(reducer, event("put", number{1}), event("put", nil))
	if err != nil || folded.Model != "" {
		t.Errorf("it came to %+v (%v)", folded, err)
	}
}

func TestAModelOfLargeDoublesGoesOn(t *testing.T) {
	reducer := everfold.Reducer[float64]{Handlers: []everfold.Handler[float64]{
		everfold.On("scaled", func(m *float64, e everfold.Event[float64]) error {
			*m = 10**m + e.Data
			return nil
		}),
	}}
	folded, err := everfoldtest.FoldInAllCuts(reducer, event("scaled", 1e18), event("scaled", 0), event("scaled", 0))
	if err != nil || folded.Model != "100000000000000000000" {
		t.Errorf("it came to %+v (%v)", folded, err)
	}
	folded, err = everfoldtest.Fold(reducer, "", event("scaled", 1e20))
	if err != nil || folded.Model != "100000000000000000000" {
		t.Errorf("it came to %+v (%v)", folded, err)
	}
	beyond := "the number 18446744073709551615 is beyond 2^53: send it as a string"
	_, err = everfoldtest.Fold(reducer, "18446744073709551615", event("scaled", 0))
	if err == nil || err.Error() != "invalid-model: "+beyond {
		t.Errorf("a model beyond 2^53 came to %v", err)
	}
	_, failure := reducer.Reduce("", []wire.Event{{Type: "scaled", Data: "18446744073709551615"}})
	if failure == nil || failure.Code != "invalid-data" || failure.Message != "scaled: "+beyond {
		t.Errorf("data beyond 2^53 came to %+v", failure)
	}
}

func TestIntegersTakeNoDoubles(t *testing.T) {
	reducer := everfold.Reducer[int64]{Handlers: []everfold.Handler[int64]{
		everfold.On("counted", func(m *int64, e everfold.Event[int64]) error {
			*m += e.Data
			return nil
		}),
	}}
	_, err := everfoldtest.Fold(reducer, "", event("counted", 1e20))
	if err == nil || !strings.HasPrefix(err.Error(), "invalid-data: counted: the number 100000000000000000000 is beyond 2^53") {
		t.Errorf("data of 1e20 came to %v", err)
	}
	_, err = everfoldtest.Fold(reducer, "9007199254740994", event("counted", 1))
	if err == nil || !strings.HasPrefix(err.Error(), "invalid-model: the number 9007199254740994 is beyond 2^53") {
		t.Errorf("a model beyond 2^53 came to %v", err)
	}
}

func TestAnEventIsHandedOverWhole(t *testing.T) {
	var seen everfold.Event[string]
	reducer := everfold.Reducer[number]{Handlers: []everfold.Handler[number]{
		everfold.On("other", func(*number, everfold.Event[string]) error { return errors.New("the wrong one") }),
		everfold.OnAny(func(_ *number, e everfold.Event[string]) error {
			seen = e
			return nil
		}),
	}}
	metadata := everfold.Pairs{{Key: "b", Value: "1"}, {Key: "a", Value: "2"}, {Key: "b", Value: "3"}}
	_, err := everfoldtest.Fold(reducer, "", everfoldtest.Event{
		Type: "told", Data: "it", Position: 9, Cause: "why", Metadata: metadata,
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen.ID != "00000000-0000-1000-8000-010000000000" || seen.Entity != everfoldtest.Entity ||
		seen.Type != "told" || seen.Data != "it" || seen.OccurredAt != 1_000_000 || seen.Position != 9 ||
		seen.Cause != "why" || !reflect.DeepEqual(seen.Metadata, metadata) {
		t.Errorf("it was %+v", seen)
	}
	value, ok := seen.Metadata.Lookup("b")
	if _, other := seen.Metadata.Lookup("c"); value != "1" || !ok || other {
		t.Errorf("b is %q", value)
	}
	if _, err := everfoldtest.Fold(reducer, "", event("other", "")); err == nil {
		t.Error("the handler for any took what another is for")
	}
	if types := reducer.Describe().EventTypes; types != nil {
		t.Errorf("it takes %v only", types)
	}
	if types := sums.Describe().EventTypes; len(types) != 7 || types[1] != "forgotten" {
		t.Errorf("it takes %v", types)
	}
}

func TestOnlyADifferentModelIsPut(t *testing.T) {
	for before, want := range map[string]wire.Change{
		`{"n":1}`:  wire.Keep,
		`{"n": 1}`: wire.Put,
		"":         wire.Put,
	} {
		reduction, failure := sums.Reduce(before, []wire.Event{{Type: "added", Data: `{"n":0}`}})
		if failure != nil || reduction.Change != want {
			t.Errorf("after %q it came to %+v (%v)", before, reduction, failure)
		}
	}
	reduction, _ := sums.Reduce("", []wire.Event{{Type: "forgotten"}})
	if reduction.Change != wire.Keep {
		t.Errorf("none became %v", reduction.Change)
	}
}

func TestFailuresSayWhatAndWhere(t *testing.T) {
	for _, test := range []struct {
		event         everfoldtest.Event
		code, message string
		trace         string
	}{
		{event("refused", "of this"), "because", "of this", "reducer_test.go:"},
		{event("wrapped", "of this"), "because", "in the end: of this", "reducer_test.go:"},
		{event("failed", nil), "exception", "it failed", ""},
		{event("crashed", []int{1, 2}), "exception", "it crashed at 2", "everfold_test.init.func"},
		{event("crashed", []int{}), "exception", "runtime error: index out of range [1] with length 0", "reducer_test.go:"},
		{event("unwritten", nil), "invalid-json", "answered: NaN is no JSON number", ""},
		{event("added", number{1}), "", "", ""},
		{event("added", 1), "invalid-data", "added: expected an object at byte 0, found '1'", ""},
		{event("lost", 1), "invalid-data", "lost: this reducer does not take it", ""},
	} {
		_, err := everfoldtest.Fold(sums, "", added(1), test.event)
		var failure *everfold.Failure
		if !errors.As(err, &failure) {
			failure = &everfold.Failure{Event: 1}
		}
		if failure.Event != 1 || failure.Code != test.code || failure.Message != test.message ||
			!strings.Contains(failure.Trace, test.trace) || (failure.Trace == "") != (test.trace == "") {
			t.Errorf("%s %v ended with %+v, traced to %s", test.event.Type, test.event.Data, failure, failure.Trace)
		}
	}
}

func TestFailuresOfTheModelNameNoEvent(t *testing.T) {
	infinite := everfold.Reducer[float64]{
		Initial:  func() float64 { return math.Inf(1) },
		Handlers: []everfold.Handler[float64]{everfold.OnAny(func(*float64, everfold.Event[any]) error { return nil })},
	}
	_, written := everfoldtest.Fold(infinite, "", event("any", nil))
	_, read := everfoldtest.Fold(sums, "{}", added(1))
	for _, err := range []error{written, read} {
		var failure *everfold.Failure
		if !errors.As(err, &failure) || failure.Event != -1 || failure.Code != "invalid-model" {
			t.Errorf("it ended with %v", err)
		}
	}
}

func TestTwoHandlersForOneTypeAreAMistake(t *testing.T) {
	defer func() {
		if got, want := recover(), `everfold: two handlers for the event type "added"`; got != want {
			t.Errorf("it ended with %v", got)
		}
	}()
	everfold.Export(sums)
	twice := sums
	twice.Handlers = append(slices.Clip(sums.Handlers), sums.Handlers[0])
	everfold.Export(twice)
}

func TestAReducerThatSeesTheCutsIsFound(t *testing.T) {
	calls := 0
	reducer := everfold.Reducer[number]{
		Initial:  func() number { calls++; return number{N: calls} },
		Handlers: []everfold.Handler[number]{everfold.OnAny(func(*number, everfold.Event[any]) error { return nil })},
	}
	_, err := everfoldtest.FoldInAllCuts(reducer, added(1), added(1))
	if err == nil || !strings.Contains(err.Error(), "cut before event 1") {
		t.Errorf("it ended with %v", err)
	}
}
