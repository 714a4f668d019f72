// Package log writes lines for the people who run the host. They are never a result; the host may drop
// them or cut them short. In a native test they go to standard error.
//
// What a module prints in any other way, be it with the standard library's log or with println, is lost.
package log

// The levels, as the contract numbers them.
const (
	levelTrace uint32 = iota
	levelDebug
	levelInfo
	levelWarn
	levelError
)

// Trace writes the finest detail.
func Trace(message string) { write(levelTrace, message) }

// Debug writes what helps to find a mistake.
func Debug(message string) { write(levelDebug, message) }

// Info writes what is worth knowing.
func Info(message string) { write(levelInfo, message) }

// Warn writes what somebody should look at some day.
func Warn(message string) { write(levelWarn, message) }

// Error writes what somebody should look at now.
func Error(message string) { write(levelError, message) }
