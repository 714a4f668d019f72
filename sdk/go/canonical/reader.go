package canonical

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// reader walks over JSON text; at is where it is.
type reader struct {
	text  string
	at    int
	depth int
}

// skip passes c if it comes next.
func (r *reader) skip(c byte) bool {
	if r.at < len(r.text) && r.text[r.at] == c {
		r.at++
		return true
	}
	return false
}

// space passes white space and gives the byte behind it; 0 at the end, which no value begins with.
func (r *reader) space() byte {
	for ; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (r *reader) unexpected(wanted string) *Error {
	found := "the end"
	if r.at < len(r.text) {
		c, _ := utf8.DecodeRuneInString(r.text[r.at:])
		found = strconv.QuoteRune(c)
	}
	return fail("expected " + wanted + " at byte " + strconv.Itoa(r.at) + ", found " + found)
}

// enter passes the bracket that opens an array or an object and counts it.
func (r *reader) enter() error {
	r.at++
	r.depth++
	if r.depth > MaxDepth {
		return tooDeep()
	}
	return nil
}

// next tells whether another element or member follows; if not, it passes the closing bracket.
func (r *reader) next(first bool, closing byte) (bool, error) {
	if r.space() == closing {
		r.at++
		r.depth--
		return false, nil
	}
	if first {
		return true, nil
	}
	if !r.skip(',') {
		return false, r.unexpected("',' or '" + string(rune(closing)) + "'")
	}
	r.space()
	return true, nil
}

// name reads a member's name and the colon behind it.
func (r *reader) name() (string, error) {
	if r.space() != '"' {
		return "", r.unexpected("a name")
	}
	name, err := r.string()
	if err != nil {
		return "", err
	}
	r.space()
	if !r.skip(':') {
		return "", r.unexpected("':'")
	}
	r.space()
	return name, nil
}

// word reads true, false or null.
func (r *reader) word(word string) error {
	if !strings.HasPrefix(r.text[r.at:], word) {
		return r.unexpected("a value")
	}
	r.at += len(word)
	return nil
}

// string reads a string. Without escapes it is a part of the text, not a copy.
func (r *reader) string() (string, error) {
	if !r.skip('"') {
		return "", r.unexpected("text")
	}
	start := r.at
	var out []byte // what came before start; nil without escapes
	for {
		n, valid := plainPrefix(r.text[r.at:])
		if !valid {
			return "", fail("text that is not UTF-8 behind byte " + strconv.Itoa(r.at))
		}
		r.at += n
		switch {
		case r.at == len(r.text) || r.text[r.at] < ' ':
			return "", r.unexpected("'\"'")
		case r.skip('"'):
			text := r.text[start : r.at-1]
			if out != nil {
				text = string(append(out, text...))
			}
			return text, nil
		default:
			out = append(out, r.text[start:r.at]...)
			char, err := r.escape()
			if err != nil {
				return "", err
			}
			out = utf8.AppendRune(out, char)
			start = r.at
		}
	}
}

// escape reads what begins with a backslash.
func (r *reader) escape() (rune, error) {
	r.at++
	if r.at == len(r.text) {
		return 0, r.unexpected("an escape")
	}
	c := r.text[r.at]
	if c == 'u' {
		return r.unicodeEscape()
	}
	const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	i := strings.IndexByte(from, c)
	if i < 0 {
		return 0, r.unexpected("an escape")
	}
	r.at++
	return rune(to[i]), nil
}

// unicodeEscape reads the 'u', the four digits behind it, and a second such escape where the first is
// half of a surrogate pair.
func (r *reader) unicodeEscape() (rune, error) {
	char, err := r.codeUnit()
	if err != nil || !utf16.IsSurrogate(char) {
		return char, err
	}
	start := r.at
	if r.skip('\\') && r.at < len(r.text) && r.text[r.at] == 'u' {
		second, err := r.codeUnit()
		if err != nil {
			return 0, err
		}
		if char := utf16.DecodeRune(char, second); char != utf8.RuneError {
			return char, nil
		}
	}
	return 0, fail("half of a surrogate pair before byte " + strconv.Itoa(start))
}

func (r *reader) codeUnit() (rune, error) {
	digits := r.text[r.at+1 : min(r.at+5, len(r.text))]
	unit, err := strconv.ParseUint(digits, 16, 16)
	if err != nil || len(digits) < 4 {
		return 0, r.unexpected("'u' and four hexadecimal digits")
	}
	r.at += 5
	return rune(unit), nil
}
