package log

//go:wasmimport everfold:domain/log@0.1.0 write
func write(level uint32, message string)
