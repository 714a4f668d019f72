package everfold

import (
	"everfold/internal/abi"
	"everfold/log"
)

// Export makes reducer what this program's module exports. Call it once, in an init function: the host
// never calls main. It panics if two handlers are for the same event type.
func Export[Model any](reducer Reducer[Model]) {
	seen := map[string]bool{}
	for _, handler := range reducer.Handlers {
		if seen[handler.eventType] {
			mistake := "everfold: two handlers for the event type \"" + handler.eventType + "\""
			log.Error(mistake) // of a panic this early, a host hears nothing
			panic(mistake)
		}
		seen[handler.eventType] = true
	}
	abi.Exported = reducer
}
