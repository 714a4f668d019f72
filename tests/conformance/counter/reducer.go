package main

import "everfold"

type Counter struct {
	Count int64 `json:"count"`
}

type Added struct {
	N int64 `json:"n"`
}

func added(m *Counter, e everfold.Event[Added]) error {
	m.Count += e.Data.N
	return nil
}

func cleared(m *Counter, _ everfold.Event[everfold.Ignored]) error {
	m.Count = 0
	return nil
}

var reducer = everfold.Reducer[Counter]{
	Handlers: []everfold.Handler[Counter]{
		everfold.On("added", added),
		everfold.On("cleared", cleared),
	},
}

func init() { everfold.Export(reducer) }

func main() {}
