package main

import "everfold"

type Nested struct {
	Depth int `json:"depth"`
	Value any `json:"value"`
}

func nested(m *Nested, e everfold.Event[any]) error {
	*m = Nested{Depth: depth(e.Data), Value: e.Data}
	return nil
}

// depth is 0 for scalars, and for others one more than that of the deepest child.
func depth(value any) int {
	deepest := 0
	switch value := value.(type) {
	case map[string]any:
		for _, child := range value {
			deepest = max(deepest, depth(child))
		}
	case []any:
		for _, child := range value {
			deepest = max(deepest, depth(child))
		}
	default:
		return 0
	}
	return deepest + 1
}

var reducer = everfold.Reducer[Nested]{
	Handlers: []everfold.Handler[Nested]{everfold.On("nested", nested)},
}

func init() { everfold.Export(reducer) }

func main() {}
