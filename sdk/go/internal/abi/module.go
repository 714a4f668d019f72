// Package abi is the boundary between a module and the host: the component model's canonical ABI, by
// hand, for the world reducer-module of everfold:domain@0.1.0.
package abi

import "everfold/internal/wire"

// Exported is the reducer that the module's exports call.
var Exported wire.Module
