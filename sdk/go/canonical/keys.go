package canonical

import (
	"reflect"
	"strconv"
)

// keyText is a map's key as the name of a member. Marshal writes what Unmarshal can read again: text
// and whole numbers.
func keyText(key reflect.Value) (string, error) {
	switch {
	case key.Kind() == reflect.String:
		return key.String(), nil
	case key.CanInt():
		return strconv.FormatInt(key.Int(), 10), nil
	case key.CanUint():
		return strconv.FormatUint(key.Uint(), 10), nil
	}
	return "", fail("a map's keys are text or whole numbers, not " + key.Type().String())
}

// compareUTF16 orders names by their UTF-16 code units, as RFC 8785 demands. That is the order of the
// UTF-8 bytes but for the characters beyond U+FFFF (first byte F0 and up): their surrogates come before
// U+E000 and what follows (first byte EE or EF).
func compareUTF16(a, b string) int {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		if x == y {
			continue
		}
		if x >= 0xee && y >= 0xee && (x >= 0xf0) != (y >= 0xf0) {
			x, y = y, x
		}
		return int(x) - int(y)
	}
	return len(a) - len(b)
}
