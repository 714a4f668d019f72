package canonical

import (
	"encoding"
	"reflect"
)

// A type may say by itself how it is written and read, with the methods that encoding/json looks for;
// time.Time and json.RawMessage do. What comes out is made canonical.
type (
	jsonMarshaler   interface{ MarshalJSON() ([]byte, error) }
	jsonUnmarshaler interface{ UnmarshalJSON([]byte) error }
)

// ownFormat gives v, or a pointer to it, if it has such a method; else nil.
func ownFormat(v reflect.Value) any {
	if v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil
	}
	if v.NumMethod() == 0 && isNamed(v.Type()) && v.CanAddr() {
		v = v.Addr()
	}
	if v.NumMethod() == 0 {
		return nil
	}
	switch own := v.Interface().(type) {
	case jsonMarshaler, encoding.TextMarshaler:
		return own
	}
	return nil
}

func (w *writer) own(own any) error {
	if text, ok := own.(jsonMarshaler); ok {
		written, err := text.MarshalJSON()
		if err != nil {
			return err
		}
		var value any
		if err := Unmarshal(written, &value); err != nil {
			return err
		}
		return w.value(reflect.ValueOf(value))
	}
	text, err := own.(encoding.TextMarshaler).MarshalText()
	if err != nil {
		return err
	}
	return w.string(string(text))
}

// ownReader gives a pointer to v if that has such a method; else nil.
func ownReader(v reflect.Value) any {
	if !isNamed(v.Type()) || v.Addr().NumMethod() == 0 {
		return nil
	}
	switch own := v.Addr().Interface().(type) {
	case jsonUnmarshaler, encoding.TextUnmarshaler:
		return own
	}
	return nil
}

func (r *reader) own(own any) error {
	if target, ok := own.(jsonUnmarshaler); ok {
		start := r.at
		if err := r.ignore(); err != nil {
			return err
		}
		return target.UnmarshalJSON([]byte(r.text[start:r.at]))
	}
	text, err := r.string()
	if err != nil {
		return err
	}
	return own.(encoding.TextUnmarshaler).UnmarshalText([]byte(text))
}

// predeclared are the types that most values have, by kind.
var predeclared = [...]reflect.Type{
	reflect.Bool:    reflect.TypeFor[bool](),
	reflect.Int:     reflect.TypeFor[int](),
	reflect.Int64:   reflect.TypeFor[int64](),
	reflect.Float64: reflect.TypeFor[float64](),
	reflect.String:  reflect.TypeFor[string](),
}

// isNamed is false for types that cannot have methods of their own. It is asked for every value.
func isNamed(t reflect.Type) bool {
	if kind := int(t.Kind()); kind < len(predeclared) && predeclared[kind] == t {
		return false
	}
	return t.PkgPath() != ""
}
