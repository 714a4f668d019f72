package canonical

import "unicode/utf8"

// appendString adds s in quotes, with the fewest escapes. It says whether s is UTF-8.
func appendString(out []byte, s string) ([]byte, bool) {
	out = append(out, '"')
	for {
		n, valid := plainPrefix(s)
		if !valid {
			return nil, false
		}
		out = append(out, s[:n]...)
		if n == len(s) {
			return append(out, '"'), true
		}
		out, s = appendEscape(out, s[n]), s[n+1:]
	}
}

func appendEscape(out []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(out, '\\', c)
	case '\b':
		return append(out, `\b`...)
	case '\t':
		return append(out, `\t`...)
	case '\n':
		return append(out, `\n`...)
	case '\f':
		return append(out, `\f`...)
	case '\r':
		return append(out, `\r`...)
	default:
		return append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
	}
}

// plainPrefix counts the bytes that begin s and stand for themselves inside quotes: all but control
// characters, quotes and backslashes. It says whether they are UTF-8. It looks at eight at a time, because
// text is what most of a large model consists of.
func plainPrefix(s string) (n int, valid bool) {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	var all uint64
	for ; len(s)-n >= 8; n += 8 {
		x := eight(s[n:])
		control := x - ' '*ones
		quote := (x ^ '"'*ones) - ones
		backslash := (x ^ '\\'*ones) - ones
		if (control|quote|backslash)&^x&tops != 0 {
			break
		}
		all |= x
	}
	for n < len(s) && s[n] >= ' ' && s[n] != '"' && s[n] != '\\' {
		all |= uint64(s[n])
		n++
	}
	return n, all&tops == 0 || utf8.ValidString(s[:n])
}

// eight gives the first eight bytes of s, which are there, as one number.
func eight(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
