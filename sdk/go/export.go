package everfold

import "everfold/internal/abi"

// Export makes reducer what this program's module exports. Call it once, in an init function: the host
// never calls main.
func Export[Model any](reducer Reducer[Model]) {
	abi.Exported = reducer
}
