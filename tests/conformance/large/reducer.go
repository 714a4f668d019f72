package main

import "everfold"

type Heap struct {
	Parts []string `json:"parts"`
}

type Grown struct {
	Fill  string `json:"fill"`
	Times int    `json:"times"`
}

func grown(m *Heap, e everfold.Event[Grown]) error {
	for range e.Data.Times {
		m.Parts = append(m.Parts, e.Data.Fill)
	}
	return nil
}

var reducer = everfold.Reducer[Heap]{
	Handlers: []everfold.Handler[Heap]{everfold.On("grown", grown)},
}

func init() { everfold.Export(reducer) }

func main() {}
