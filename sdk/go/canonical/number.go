package canonical

import (
	"math"
	"strconv"
)

// appendFloat writes f, which is finite, as ECMAScript's Number::toString does: the shortest digits that
// read back as f, in full from 1e-6 up to 1e21.
func appendFloat(out []byte, f float64) []byte {
	size := math.Abs(f)
	if size == 0 {
		return append(out, '0') // -0 too
	}
	if size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(out, f, 'f', -1, 64)
	}
	out = strconv.AppendFloat(out, f, 'e', -1, 64)
	// Go writes two digits of exponent at least, ECMAScript one.
	if n := len(out); out[n-2] == '0' && (out[n-3] == '-' || out[n-3] == '+') {
		out[n-2] = out[n-1]
		out = out[:n-1]
	}
	return out
}

// number is a JSON number as it is written, and what it means.
type number struct {
	text  string
	value float64
}

// whole gives the number as an integer, if it is one.
func (n number) whole() (int64, error) {
	switch {
	case n.value != math.Trunc(n.value):
		return 0, fail("expected a whole number, found " + shorten(n.text))
	case math.Abs(n.value) > maxSafe:
		return 0, fail(beyondSafe(n.text))
	}
	return int64(n.value), nil
}

// number reads a number.
func (r *reader) number() (number, error) {
	start := r.at
	r.skip('-')
	switch {
	case r.skip('0'):
	case !r.digits():
		return number{}, r.unexpected("a value")
	}
	whole := true
	if r.skip('.') {
		whole = false
		if !r.digits() {
			return number{}, r.unexpected("a digit")
		}
	}
	if r.skip('e') || r.skip('E') {
		whole = false
		if !r.skip('+') {
			r.skip('-')
		}
		if !r.digits() {
			return number{}, r.unexpected("a digit")
		}
	}
	text := r.text[start:r.at]
	if whole {
		return wholeNumber(text)
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return number{}, fail("the number " + shorten(text) + " is beyond the range of doubles")
	}
	return number{text, value}, nil
}

// wholeNumber reads a number without fraction and exponent. One beyond 2^53 is refused, as not every reader
// would see the same one, unless it is just what Marshal writes for a double: then it is that double.
func wholeNumber(text string) (number, error) {
	if value, err := strconv.ParseInt(text, 10, 64); err == nil && value <= maxSafe && value >= -maxSafe {
		return number{text, float64(value)}, nil
	}
	if value, err := strconv.ParseFloat(text, 64); err == nil && string(appendFloat(nil, value)) == text {
		return number{text, value}, nil
	}
	return number{}, fail(beyondSafe(text))
}

func (r *reader) digits() bool {
	start := r.at
	for r.at < len(r.text) && r.text[r.at] >= '0' && r.text[r.at] <= '9' {
		r.at++
	}
	return r.at > start
}
