package everfold

import (
	"errors"
	"runtime"
	"strconv"
	"strings"
)

// Failure is why a reducer refuses. It parks the entity: the host keeps the model as it was and folds
// nothing further into it until a new module, a person or, if the Fold is Occurred, an earlier event
// comes.
type Failure struct {
	// Event is which event of the call it is about, counted from 0. -1: it is about the model.
	Event int
	// Code is a short, stable name for programs, such as unknown-sku.
	Code string
	// Message is a sentence for people.
	Message string
	// Trace is the line of source that refused, or the stack of a panic. Empty where the SDK refused.
	Trace string
}

// Error gives the code and the message.
func (f *Failure) Error() string { return f.Code + ": " + f.Message }

// Refuse makes the error with which a handler refuses an event: a code for programs and a message for
// people. Leave it to events that must not be folded; fold the merely odd ones.
//
// Other errors that a handler returns refuse as well, under the code exception, and so do panics.
func Refuse(code, message string) error {
	failure := &Failure{Event: -1, Code: code, Message: message}
	if _, file, line, ok := runtime.Caller(1); ok {
		failure.Trace = file + ":" + strconv.Itoa(line)
	}
	return failure
}

// unreadable is for bytes that are not what the types say. Which line of the SDK noticed helps nobody.
func unreadable(code, message string) *Failure {
	return &Failure{Event: -1, Code: code, Message: message}
}

// failureOf finds the refusal in an error. What other errors were wrapped around it belongs to the
// message.
func failureOf(err error) *Failure {
	var refusal *Failure
	if !errors.As(err, &refusal) {
		return unreadable("exception", err.Error())
	}
	failure := *refusal
	failure.Message = strings.Replace(err.Error(), refusal.Error(), refusal.Message, 1)
	return &failure
}
