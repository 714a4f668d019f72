package main

import (
	"strconv"

	"everfold"
)

// Numbers are whatever was put under a name.
type Numbers map[string]any

type Put struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

type Divided struct {
	Name string  `json:"name"`
	A    float64 `json:"a"`
	B    float64 `json:"b"`
}

type Added struct {
	Name string `json:"name"`
	A    string `json:"a"`
	B    string `json:"b"`
}

func put(m *Numbers, e everfold.Event[Put]) error {
	(*m)[e.Data.Name] = e.Data.Value
	return nil
}

func divided(m *Numbers, e everfold.Event[Divided]) error {
	(*m)[e.Data.Name] = e.Data.A / e.Data.B
	return nil
}

func added(m *Numbers, e everfold.Event[Added]) error {
	a, errA := strconv.ParseInt(e.Data.A, 10, 64)
	b, errB := strconv.ParseInt(e.Data.B, 10, 64)
	sum := a + b
	wrapped := (sum > a) != (b > 0) && b != 0
	if errA != nil || errB != nil || wrapped {
		return everfold.Refuse("not-i64", e.Data.A+" + "+e.Data.B)
	}
	(*m)[e.Data.Name] = strconv.FormatInt(sum, 10)
	return nil
}

var reducer = everfold.Reducer[Numbers]{
	Initial: func() Numbers { return Numbers{} },
	Handlers: []everfold.Handler[Numbers]{
		everfold.On("put", put),
		everfold.On("divided", divided),
		everfold.On("added", added),
	},
}

func init() { everfold.Export(reducer) }

func main() {}
