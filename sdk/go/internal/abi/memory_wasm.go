package abi

import "unsafe"

// An instance serves one call, so nothing is ever freed: what the host hands over lies in an arena, and
// what it gets is kept where the garbage collector sees it.
var (
	first [8192]uint64 // most calls need no more than these 64 KiB
	arena = first[:]   // what is left of the present chunk
	kept  []unsafe.Pointer
)

// realloc gives the host memory for what it hands over.
//
//go:wasmexport cabi_realloc
func realloc(old unsafe.Pointer, oldSize, align, newSize uint32) unsafe.Pointer {
	words := int(newSize+7) / 8
	if words == 0 {
		return unsafe.Pointer(&first)
	}
	if words > len(arena) {
		arena = make([]uint64, max(words, len(first)))
		keep(&arena[0])
	}
	start := unsafe.Pointer(&arena[0])
	arena = arena[words:]
	copy(bytesAt(start, newSize), bytesAt(old, oldSize))
	return start
}

// keep gives the address of what the host is to read.
func keep[T any](value *T) uint32 {
	kept = append(kept, unsafe.Pointer(value))
	return uint32(uintptr(unsafe.Pointer(value)))
}

// at is the memory at an address that the host wrote down: a pointer in Go has 64 bits, also here.
func at(address uint32) unsafe.Pointer { return unsafe.Add(nil, address) }

func bytesAt(start unsafe.Pointer, count uint32) []byte {
	return unsafe.Slice((*byte)(start), count)
}

// lift gives a list that the host wrote.
func lift[T any](s span) []T {
	if s.count == 0 {
		return nil
	}
	return unsafe.Slice((*T)(at(s.start)), s.count)
}

// text gives a string that the host wrote, where it lies.
func text(s span) string {
	if s.count == 0 {
		return ""
	}
	return unsafe.String((*byte)(at(s.start)), s.count)
}

func optionalText(o optionalSpan) string {
	if o.some == 0 {
		return ""
	}
	return text(o.value)
}

// lower writes down where a list lies.
func lower[T any](list []T) span {
	if len(list) == 0 {
		return span{}
	}
	return span{keep(unsafe.SliceData(list)), uint32(len(list))}
}

func lowerText(s string) span {
	if s == "" {
		return span{}
	}
	return span{keep(unsafe.StringData(s)), uint32(len(s))}
}

// lowerOptional takes empty text as none.
func lowerOptional(s string) optionalSpan {
	if s == "" {
		return optionalSpan{}
	}
	return optionalSpan{1, lowerText(s)}
}
