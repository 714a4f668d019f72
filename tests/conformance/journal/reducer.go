package main

import "everfold"

type Journal struct {
	Count int      `json:"count"`
	Last  uint64   `json:"last"`
	Texts []string `json:"texts"`
}

type Noted struct {
	Text string `json:"text"`
}

type Summed struct {
	Count int `json:"count"`
}

func counted(m *Journal, e everfold.Event[everfold.Ignored]) error {
	m.Count++
	m.Last = e.Position
	e.Emit(everfold.NewEvent{Type: "summed", Data: Summed{m.Count}})
	return nil
}

func noted(m *Journal, e everfold.Event[Noted]) error {
	m.Last = e.Position
	m.Texts = append(m.Texts, e.Data.Text)
	m.Texts = m.Texts[max(0, len(m.Texts)-3):]
	return nil
}

var reducer = everfold.Reducer[Journal]{
	Fold:        everfold.WholeContext,
	Upgrade:     everfold.Resume,
	History:     everfold.Silent,
	Emits:       []string{"summed"},
	ContentType: "application/vnd.everfold-journal+json",
	Attributes:  everfold.Pairs{{Key: "version", Value: "1"}},
	Handlers: []everfold.Handler[Journal]{
		everfold.On("counted", counted),
		everfold.On("noted", noted),
	},
}

func init() { everfold.Export(reducer) }

func main() {}
