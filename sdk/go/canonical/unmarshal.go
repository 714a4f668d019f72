package canonical

import (
	"encoding/base64"
	"reflect"
	"strconv"
)

// Unmarshal reads one JSON value into what v points to. It is strict: names are compared exactly, a
// member that a struct does not call optional must be there, null is for pointers and any. Members that
// a struct does not know are ignored; of two with the same name the last one counts.
//
// A whole number beyond 2^53 is refused, as not every reader would see the same one, unless it is just what
// Marshal writes for a double: 100000000000000000000 is the float64 1e20, and nothing for integer types.
func Unmarshal[Text string | []byte](data Text, v any) error {
	r := reader{text: string(data)}
	target := reflect.ValueOf(v)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return fail("JSON is read into what a pointer points to")
	}
	r.space()
	if err := r.value(target.Elem()); err != nil {
		return err
	}
	if r.space(); r.at < len(r.text) {
		return r.unexpected("the end")
	}
	return nil
}

// value reads the value that comes next into v, which is zero.
func (r *reader) value(v reflect.Value) error {
	if own := ownReader(v); own != nil {
		return r.own(own)
	}
	switch v.Kind() {
	case reflect.Bool:
		return r.bool(v)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return r.integer(v)
	case reflect.Float32, reflect.Float64:
		n, err := r.typed("a number")
		if err == nil {
			v.SetFloat(n.value)
		}
		return err
	case reflect.String:
		text, err := r.string()
		v.SetString(text)
		return err
	case reflect.Pointer:
		if r.peek() == 'n' {
			return r.word("null")
		}
		v.Set(reflect.New(v.Type().Elem()))
		return r.value(v.Elem())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return r.bytes(v)
		}
		return r.slice(v)
	case reflect.Array:
		return r.array(v)
	case reflect.Map:
		return r.dictionary(v)
	case reflect.Struct:
		return r.object(v)
	case reflect.Interface:
		if v.NumMethod() == 0 {
			value, err := r.any()
			if value != nil {
				v.Set(reflect.ValueOf(value))
			}
			return err
		}
	}
	return fail("JSON cannot be read as a Go value of type " + v.Type().String())
}

func (r *reader) peek() byte {
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

func (r *reader) bool(v reflect.Value) error {
	switch r.peek() {
	case 't':
		v.SetBool(true)
		return r.word("true")
	case 'f':
		return r.word("false")
	}
	return r.unexpected("true or false")
}

// typed reads a number where nothing else will do.
func (r *reader) typed(wanted string) (number, error) {
	if c := r.peek(); c != '-' && (c < '0' || c > '9') {
		return number{}, r.unexpected(wanted)
	}
	return r.number()
}

func (r *reader) integer(v reflect.Value) error {
	read, err := r.typed("a whole number")
	if err != nil {
		return err
	}
	n, err := read.whole()
	switch {
	case err != nil:
		return err
	case v.CanInt() && !v.OverflowInt(n):
		v.SetInt(n)
	case v.CanUint() && n >= 0 && !v.OverflowUint(uint64(n)):
		v.SetUint(uint64(n))
	default:
		return fail("the number " + shorten(read.text) + " is beyond the range of " + v.Kind().String())
	}
	return nil
}

// decimal reads an integer out of a string, whatever its size.
func (r *reader) decimal(v reflect.Value) error {
	text, err := r.string()
	if err != nil {
		return err
	}
	return setDecimal(v, text)
}

func setDecimal(v reflect.Value, text string) error {
	if v.CanInt() {
		if n, err := strconv.ParseInt(text, 10, v.Type().Bits()); err == nil {
			v.SetInt(n)
			return nil
		}
	} else if n, err := strconv.ParseUint(text, 10, v.Type().Bits()); err == nil {
		v.SetUint(n)
		return nil
	}
	return fail("the text " + strconv.Quote(shorten(text)) + " is no " + v.Kind().String())
}

func (r *reader) bytes(v reflect.Value) error {
	text, err := r.string()
	if err != nil {
		return err
	}
	bytes, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return fail("the text " + strconv.Quote(shorten(text)) + " is no base64")
	}
	v.SetBytes(bytes)
	return nil
}
