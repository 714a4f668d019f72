//go:build !wasm

package log

import "os"

func write(level uint32, message string) {
	names := [...]string{"trace", "debug", "info", "warn", "error"}
	os.Stderr.WriteString(names[level] + ": " + message + "\n")
}
