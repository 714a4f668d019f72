package main

import "everfold"

type Speaker struct {
	Said int `json:"said"`
}

type Said struct {
	To   []string `json:"to"`
	Text string   `json:"text"`
}

type Heard struct {
	I    int    `json:"i"`
	Text string `json:"text"`
}

func said(m *Speaker, e everfold.Event[Said]) error {
	m.Said++
	to := e.Data.To
	if len(to) == 0 {
		to = []string{""} // the model's own entity
	}
	for i, entity := range to {
		e.Emit(everfold.NewEvent{
			Type:     "heard",
			Entity:   entity,
			Data:     Heard{I: i, Text: e.Data.Text},
			Metadata: everfold.Pairs{{Key: "by", Value: e.Entity}},
		})
	}
	return nil
}

var reducer = everfold.Reducer[Speaker]{
	Emits:    []string{"heard"},
	Handlers: []everfold.Handler[Speaker]{everfold.On("said", said)},
}

func init() { everfold.Export(reducer) }

func main() {}
