package main

import (
	"everfold"
	"everfold/log"
)

// Noticed is about the event that was applied last.
type Noticed struct {
	At    int64   `json:"at"`
	By    *string `json:"by"`
	Cause *string `json:"cause"`
	ID    string  `json:"id"`
	Times int     `json:"times"`
}

func noticed(m *Noticed, e everfold.Event[everfold.Ignored]) error {
	log.Info("noticed " + e.Type)
	if e.Type == "refused" {
		return everfold.Refuse("noticed", "refused")
	}
	*m = Noticed{At: e.OccurredAt, ID: e.ID, Times: m.Times + 1}
	if by, ok := e.Metadata.Lookup("by"); ok {
		m.By = &by
	}
	if e.Cause != "" {
		m.Cause = &e.Cause
	}
	return nil
}

var reducer = everfold.Reducer[Noticed]{
	Handlers: []everfold.Handler[Noticed]{everfold.OnAny(noticed)},
}

func init() { everfold.Export(reducer) }

func main() {}
