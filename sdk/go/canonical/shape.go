package canonical

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// field is what a struct's field means in JSON.
type field struct {
	name      string
	index     []int
	omitEmpty bool
	omitZero  bool
	asString  bool
}

// optional tells whether the member may be missing when the struct is read.
func (f field) optional(t reflect.Type) bool {
	return f.omitEmpty || f.omitZero || t.Kind() == reflect.Pointer
}

var (
	shapesMutex sync.Mutex
	shapes      = map[reflect.Type][]field{}
)

// shapeOf gives the fields of a struct in the order in which canonical JSON names them.
func shapeOf(t reflect.Type) ([]field, error) {
	shapesMutex.Lock()
	defer shapesMutex.Unlock()
	if known, ok := shapes[t]; ok {
		return known, nil
	}
	shape, err := appendFields(nil, t, nil)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(shape, func(a, b field) int { return compareUTF16(a.name, b.name) })
	for i := 1; i < len(shape); i++ {
		if shape[i].name == shape[i-1].name {
			return nil, fail("two fields of " + t.String() + " are called " + strconv.Quote(shape[i].name))
		}
	}
	shapes[t] = shape
	return shape, nil
}

// appendFields adds the fields of t, which lies at outer in the struct that is looked at, to shape. The
// fields of embedded structs count as the struct's own, unless a tag gives the embedded one a name.
func appendFields(shape []field, t reflect.Type, outer []int) ([]field, error) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		index := append(slices.Clip(outer), i)
		switch {
		case name == "-" && options == "":
			continue
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			var err error
			if shape, err = appendFields(shape, f.Type, index); err != nil {
				return nil, err
			}
			continue
		case !f.IsExported():
			continue
		case name == "":
			name = f.Name
		}
		known := field{name: name, index: index}
		for option := range strings.SplitSeq(options, ",") {
			switch option {
			case "omitempty":
				known.omitEmpty = true
			case "omitzero":
				known.omitZero = true
			case "string":
				known.asString = true
			}
		}
		if known.asString && !isInteger(f.Type) {
			return nil, fail(t.String() + "." + f.Name + `: the option "string" is for integers`)
		}
		shape = append(shape, known)
	}
	return shape, nil
}

func isInteger(t reflect.Type) bool {
	return t.Kind() >= reflect.Int && t.Kind() <= reflect.Uintptr
}

// decimal is an integer's decimal text.
func decimal(v reflect.Value) string {
	if v.CanInt() {
		return strconv.FormatInt(v.Int(), 10)
	}
	return strconv.FormatUint(v.Uint(), 10)
}

// isEmpty is what the option "omitempty" leaves out.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	default:
		return v.IsZero()
	}
}
