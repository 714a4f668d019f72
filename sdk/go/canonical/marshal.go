// Package canonical reads and writes JSON as models and events need it: written, a value has one form
// only, that of RFC 8785; read, nothing is guessed, so that reducers in all languages see the same.
//
// The tags of fields are those of encoding/json: a name, "-", omitempty, omitzero, string (integers beyond
// 2^53 need it), and types may have its methods MarshalJSON and UnmarshalJSON or MarshalText and
// UnmarshalText. Different are: a nil slice is [], a nil map {}; names are compared exactly; a field that
// has neither omitempty nor omitzero and is no pointer must be there; null is for pointers and any.
package canonical

import (
	"encoding/base64"
	"math"
	"reflect"
	"slices"
	"strconv"
)

// MaxDepth is how deep arrays and objects may be nested, in what is read and in what is written. Deeper
// recursion would cost a module more than the fuel that it usually has.
const MaxDepth = 256

// maxSafe is the greatest number up to which every whole number is a double of its own.
const maxSafe = 1 << 53

// Marshal writes v as canonical JSON (RFC 8785). What cannot be written exactly is refused: NaN,
// infinities, whole numbers of integer types beyond 2^53, text that is not UTF-8, cycles.
func Marshal(v any) ([]byte, error) { return Append(nil, v) }

// Append does what Marshal does and adds the text to out, which saves copying where the size can be
// guessed.
func Append(out []byte, v any) ([]byte, error) {
	w := writer{out: out}
	if err := w.value(reflect.ValueOf(v)); err != nil {
		return nil, err
	}
	return w.out, nil
}

type writer struct {
	out   []byte
	depth int // of arrays and objects
	hops  int // over pointers and interfaces
}

func (w *writer) value(v reflect.Value) error {
	if !v.IsValid() {
		w.literal("null")
		return nil
	}
	if own := ownFormat(v); own != nil {
		return w.own(own)
	}
	switch v.Kind() {
	case reflect.Bool:
		w.out = strconv.AppendBool(w.out, v.Bool())
		return nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return w.int(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if v.Uint() > maxSafe {
			return fail(beyondSafe(strconv.FormatUint(v.Uint(), 10)))
		}
		return w.int(int64(v.Uint()))
	case reflect.Float32, reflect.Float64:
		return w.float(v.Float())
	case reflect.String:
		return w.string(v.String())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return w.string(base64.StdEncoding.EncodeToString(v.Bytes()))
		}
	}
	return w.composite(v)
}

// composite writes what holds other values, and so may hold itself: that must end in an error.
func (w *writer) composite(v reflect.Value) error {
	if v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		if w.hops++; w.hops > 2*MaxDepth {
			return tooDeep()
		}
		err := w.value(v.Elem())
		w.hops--
		return err
	}
	if w.depth++; w.depth > MaxDepth {
		return tooDeep()
	}
	err := w.brackets(v)
	w.depth--
	return err
}

func (w *writer) brackets(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		return w.array(v)
	case reflect.Map:
		return w.dictionary(v)
	case reflect.Struct:
		return w.object(v)
	default:
		return fail("a Go value of type " + v.Type().String() + " is nothing that JSON can say")
	}
}

func (w *writer) int(n int64) error {
	if n > maxSafe || n < -maxSafe {
		return fail(beyondSafe(strconv.FormatInt(n, 10)))
	}
	w.out = strconv.AppendInt(w.out, n, 10)
	return nil
}

func (w *writer) float(f float64) error {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return fail(strconv.FormatFloat(f, 'g', -1, 64) + " is no JSON number")
	}
	w.out = appendFloat(w.out, f)
	return nil
}

func (w *writer) string(s string) error {
	if room := len(s) + len(`""`); cap(w.out)-len(w.out) < room {
		// Twice as much each time: append would copy and clear a large model more often.
		w.out = slices.Grow(w.out, max(room, len(w.out)))
	}
	out, ok := appendString(w.out, s)
	if !ok {
		return fail("text that is not UTF-8")
	}
	w.out = out
	return nil
}

func (w *writer) array(v reflect.Value) error {
	w.out = append(w.out, '[')
	for i := range v.Len() {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		if err := w.value(v.Index(i)); err != nil {
			return within(strconv.Itoa(i), err)
		}
	}
	w.out = append(w.out, ']')
	return nil
}

type member struct {
	name  string
	value reflect.Value
}

func (w *writer) dictionary(v reflect.Value) error {
	members := make([]member, 0, v.Len())
	for entries := v.MapRange(); entries.Next(); {
		name, err := keyText(entries.Key())
		if err != nil {
			return err
		}
		members = append(members, member{name, entries.Value()})
	}
	slices.SortFunc(members, func(a, b member) int { return compareUTF16(a.name, b.name) })
	w.out = append(w.out, '{')
	for i, m := range members {
		if err := w.member(i > 0, m); err != nil {
			return err
		}
	}
	w.out = append(w.out, '}')
	return nil
}

func (w *writer) object(v reflect.Value) error {
	shape, err := shapeOf(v.Type())
	if err != nil {
		return err
	}
	w.out = append(w.out, '{')
	more := false
	for _, f := range shape {
		value := v.FieldByIndex(f.index)
		if f.omitEmpty && isEmpty(value) || f.omitZero && value.IsZero() {
			continue
		}
		if f.asString {
			value = reflect.ValueOf(decimal(value))
		}
		if err := w.member(more, member{f.name, value}); err != nil {
			return err
		}
		more = true
	}
	w.out = append(w.out, '}')
	return nil
}

func (w *writer) member(more bool, m member) error {
	if more {
		w.out = append(w.out, ',')
	}
	if err := w.string(m.name); err != nil {
		return err
	}
	w.out = append(w.out, ':')
	if err := w.value(m.value); err != nil {
		return within(m.name, err)
	}
	return nil
}

func (w *writer) literal(text string) { w.out = append(w.out, text...) }
