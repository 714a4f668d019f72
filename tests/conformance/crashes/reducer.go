package main

import "everfold"

type Counter struct {
	Count int `json:"count"`
}

func counted(m *Counter, _ everfold.Event[everfold.Ignored]) error {
	m.Count++
	return nil
}

func crashed(_ *Counter, _ everfold.Event[everfold.Ignored]) error {
	panic("it crashed")
}

var reducer = everfold.Reducer[Counter]{
	Handlers: []everfold.Handler[Counter]{
		everfold.On("counted", counted),
		everfold.On("crashed", crashed),
	},
}

func init() { everfold.Export(reducer) }

func main() {}
