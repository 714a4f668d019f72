package main

import "everfold"

type Counter struct {
	Count int `json:"count"`
}

func counted(m *Counter, _ everfold.Event[everfold.Ignored]) error {
	m.Count++
	return nil
}

// looped never returns. Go keeps an endless loop, also one that does nothing.
func looped(_ *Counter, _ everfold.Event[everfold.Ignored]) error {
	for {
	}
}

var reducer = everfold.Reducer[Counter]{
	Handlers: []everfold.Handler[Counter]{
		everfold.On("counted", counted),
		everfold.On("looped", looped),
	},
}

func init() { everfold.Export(reducer) }

func main() {}
