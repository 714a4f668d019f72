package everfold

import (
	"reflect"
	"runtime"
	"strconv"
	"strings"
)

// guard runs a part of a call. An error or a panic becomes the failure that the host gets: a module that
// panicked in earnest could not say why.
func guard(run func() error) (failure *Failure) {
	defer func() {
		if cause := recover(); cause != nil {
			failure = unreadable("exception", panicText(cause))
			failure.Trace = trace()
		}
	}()
	if err := run(); err != nil {
		return failureOf(err)
	}
	return nil
}

// panicText is what the runtime would print, without package fmt, which would add a tenth to every module.
func panicText(cause any) string {
	switch cause := cause.(type) {
	case error:
		return cause.Error()
	case interface{ String() string }:
		return cause.String()
	}
	switch v := reflect.ValueOf(cause); {
	case v.Kind() == reflect.String:
		return v.String()
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	case v.CanFloat():
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	default:
		return "panic with a value of type " + v.Type().String()
	}
}

// trace is the stack of the panic that is being recovered: the reducer's own frames, innermost first.
func trace() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(0, callers)])
	var lines []string
	for more := true; more; {
		var frame runtime.Frame
		frame, more = frames.Next()
		if !isMachinery(frame.Function) {
			lines = append(lines, frame.Function+"\n\t"+frame.File+":"+strconv.Itoa(frame.Line))
		} else if len(lines) > 0 {
			break
		}
	}
	return strings.Join(lines, "\n")
}

// isMachinery tells the SDK and Go's runtime from the reducer.
func isMachinery(function string) bool {
	return strings.HasPrefix(function, "runtime.") || strings.HasPrefix(function, "everfold.")
}
