package canonical

import (
	"reflect"
	"strconv"
)

func (r *reader) slice(v reflect.Value) error {
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	zero := reflect.Zero(v.Type().Elem())
	return r.elements(func(i int) error {
		v.Set(reflect.Append(v, zero))
		return r.value(v.Index(i))
	})
}

func (r *reader) array(v reflect.Value) error {
	start, count := r.at, 0
	err := r.elements(func(i int) error {
		count++
		if i >= v.Len() {
			return r.ignore()
		}
		return r.value(v.Index(i))
	})
	if err == nil && count != v.Len() {
		r.at = start
		return r.unexpected(strconv.Itoa(v.Len()) + " elements, not " + strconv.Itoa(count) + ",")
	}
	return err
}

// elements passes an array and lets read take each element.
func (r *reader) elements(read func(i int) error) error {
	if r.peek() != '[' {
		return r.unexpected("an array")
	}
	if err := r.enter(); err != nil {
		return err
	}
	for i := 0; ; i++ {
		more, err := r.next(i == 0, ']')
		if err != nil || !more {
			return err
		}
		if err := read(i); err != nil {
			return within(strconv.Itoa(i), err)
		}
	}
}

// members passes an object and lets read take each member's value.
func (r *reader) members(read func(name string) error) error {
	if r.peek() != '{' {
		return r.unexpected("an object")
	}
	if err := r.enter(); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := r.next(first, '}')
		if err != nil || !more {
			return err
		}
		name, err := r.name()
		if err != nil {
			return err
		}
		if err := read(name); err != nil {
			return within(name, err)
		}
	}
}

func (r *reader) dictionary(v reflect.Value) error {
	t := v.Type()
	v.Set(reflect.MakeMap(t))
	return r.members(func(name string) error {
		key := reflect.New(t.Key()).Elem()
		switch {
		case key.Kind() == reflect.String:
			key.SetString(name)
		case isInteger(t.Key()):
			if err := setDecimal(key, name); err != nil {
				return err
			}
		default:
			_, err := keyText(key)
			return err
		}
		value := reflect.New(t.Elem()).Elem()
		if err := r.value(value); err != nil {
			return err
		}
		v.SetMapIndex(key, value)
		return nil
	})
}

func (r *reader) object(v reflect.Value) error {
	shape, err := shapeOf(v.Type())
	if err != nil {
		return err
	}
	seen := make([]bool, len(shape))
	err = r.members(func(name string) error {
		for i, f := range shape {
			if f.name != name {
				continue
			}
			value := v.FieldByIndex(f.index)
			if seen[i] {
				value.SetZero()
			}
			seen[i] = true
			if f.asString {
				return r.decimal(value)
			}
			return r.value(value)
		}
		return r.ignore()
	})
	if err != nil {
		return err
	}
	for i, f := range shape {
		if !seen[i] && !f.optional(v.FieldByIndex(f.index).Type()) {
			return fail("the member " + strconv.Quote(f.name) + " is missing")
		}
	}
	return nil
}

// any reads whatever comes next: map[string]any, []any, string, float64, bool or nil.
func (r *reader) any() (any, error) {
	switch c := r.peek(); c {
	case '{':
		object := map[string]any{}
		err := r.members(func(name string) (err error) {
			object[name], err = r.any()
			return err
		})
		return object, err
	case '[':
		array := []any{}
		err := r.elements(func(int) error {
			element, err := r.any()
			array = append(array, element)
			return err
		})
		return array, err
	case '"':
		return r.string()
	case 't':
		return true, r.word("true")
	case 'f':
		return false, r.word("false")
	case 'n':
		return nil, r.word("null")
	default:
		n, err := r.number()
		return n.value, err
	}
}

// ignore passes whatever comes next, which must be JSON all the same.
func (r *reader) ignore() error {
	switch r.peek() {
	case '{':
		return r.members(func(string) error { return r.ignore() })
	case '[':
		return r.elements(func(int) error { return r.ignore() })
	case '"':
		_, err := r.string()
		return err
	default:
		_, err := r.any()
		return err
	}
}
