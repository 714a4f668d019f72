package main

import (
	"maps"

	"everfold"
)

type Notes struct {
	Tags  map[string]string `json:"tags"`
	Texts []string          `json:"texts"`
}

type Noted struct {
	Text string            `json:"text"`
	Tags map[string]string `json:"tags"`
}

type Echoed struct {
	Text string `json:"text"`
}

func noted(m *Notes, e everfold.Event[Noted]) error {
	maps.Copy(m.Tags, e.Data.Tags)
	m.Texts = append(m.Texts, e.Data.Text)
	e.Emit(everfold.NewEvent{Type: "echoed", Data: Echoed{e.Data.Text}})
	return nil
}

var reducer = everfold.Reducer[Notes]{
	Initial:  func() Notes { return Notes{Tags: map[string]string{}} },
	Emits:    []string{"echoed"},
	Handlers: []everfold.Handler[Notes]{everfold.On("noted", noted)},
}

func init() { everfold.Export(reducer) }

func main() {}
