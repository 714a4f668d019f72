package canonical

import "strconv"

// An Error says what cannot be read or written, and where in the value that is.
type Error struct {
	// Path leads to the place: the names of members and the indices of elements, joined by dots. Empty
	// for the value itself.
	Path string
	// Reason is a sentence for people.
	Reason string
}

// Error gives the path, if there is one, and the reason.
func (e *Error) Error() string {
	if e.Path == "" {
		return e.Reason
	}
	return e.Path + ": " + e.Reason
}

func fail(reason string) *Error { return &Error{Reason: reason} }

// within says that err happened in the member or element called name.
func within(name string, err error) error {
	e, ok := err.(*Error)
	if !ok {
		return &Error{Path: name, Reason: err.Error()}
	}
	const most = 100 // the innermost names, of a value that is nested absurdly deep
	switch {
	case e.Path == "":
		return &Error{Path: name, Reason: e.Reason}
	case len(e.Path) > most:
		return e
	}
	return &Error{Path: name + "." + e.Path, Reason: e.Reason}
}

func beyondSafe(number string) string {
	return "the number " + shorten(number) + " is beyond 2^53: send it as a string"
}

func tooDeep() *Error {
	return fail("nested deeper than " + strconv.Itoa(MaxDepth) + " levels")
}

// shorten keeps messages readable, whatever they quote.
func shorten(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	return text[:most] + "…"
}
