package main

import "everfold"

type Counter struct {
	Count int `json:"count"`
}

type Refused struct {
	Why string `json:"why"`
}

func counted(m *Counter, _ everfold.Event[everfold.Ignored]) error {
	m.Count++
	return nil
}

func refused(_ *Counter, e everfold.Event[Refused]) error {
	return everfold.Refuse("refused", "as it asked for: "+e.Data.Why)
}

var reducer = everfold.Reducer[Counter]{
	Handlers: []everfold.Handler[Counter]{
		everfold.On("counted", counted),
		everfold.On("refused", refused),
	},
}

func init() { everfold.Export(reducer) }

func main() {}
