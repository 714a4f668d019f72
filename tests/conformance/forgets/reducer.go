package main

import "everfold"

type Counter struct {
	Count int `json:"count"`
}

func counted(m *Counter, _ everfold.Event[everfold.Ignored]) error {
	m.Count++
	return nil
}

func forgotten(_ *Counter, e everfold.Event[everfold.Ignored]) error {
	e.Forget()
	return nil
}

var reducer = everfold.Reducer[Counter]{
	Handlers: []everfold.Handler[Counter]{
		everfold.On("counted", counted),
		everfold.On("forgotten", forgotten),
	},
}

func init() { everfold.Export(reducer) }

func main() {}
