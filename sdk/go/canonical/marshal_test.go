package canonical_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"everfold/canonical"
)

func TestNumbersOfRFC8785AppendixB(t *testing.T) {
	for bits, want := range map[uint64]string{
		0x0000000000000000: "0",
		0x8000000000000000: "0",
		0x0000000000000001: "5e-324",
		0x8000000000000001: "-5e-324",
		0x7fefffffffffffff: "1.7976931348623157e+308",
		0xffefffffffffffff: "-1.7976931348623157e+308",
		0x4340000000000000: "9007199254740992",
		0xc340000000000000: "-9007199254740992",
		0x4430000000000000: "295147905179352830000",
		0x44b52d02c7e14af5: "9.999999999999997e+22",
		0x44b52d02c7e14af6: "1e+23",
		0x44b52d02c7e14af7: "1.0000000000000001e+23",
		0x444b1ae4d6e2ef4e: "999999999999999700000",
		0x444b1ae4d6e2ef4f: "999999999999999900000",
		0x444b1ae4d6e2ef50: "1e+21",
		0x3eb0c6f7a0b5ed8c: "9.999999999999997e-7",
		0x3eb0c6f7a0b5ed8d: "0.000001",
		0x41b3de4355555553: "333333333.3333332",
		0x41b3de4355555554: "333333333.33333325",
		0x41b3de4355555555: "333333333.3333333",
		0x41b3de4355555556: "333333333.3333334",
		0x41b3de4355555557: "333333333.33333343",
		0xbecbf647612f3696: "-0.0000033333333333333333",
		0x43143ff3c1cb0959: "1424953923781206.2",
		0x3d30000000000000: "5.684341886080802e-14", // a power of two: its neighbours are not equally far
	} {
		expect(t, math.Float64frombits(bits), want)
	}
}

func TestNamesAreSortedByUTF16(t *testing.T) {
	// RFC 8785, section 3.2.3.
	expect(t, map[string]string{
		"\u20ac":     "Euro Sign",
		"\r":         "Carriage Return",
		"\ufb33":     "Hebrew Letter Dalet With Dagesh",
		"1":          "One",
		"\U0001f600": "Emoji: Grinning Face",
		"\u0080":     "Control",
		"\u00f6":     "Latin Small Letter O With Diaeresis",
	}, `{"\r":"Carriage Return","1":"One","`+"\u0080"+`":"Control","ö":"Latin Small Letter O With Diaeresis",`+
		`"€":"Euro Sign","`+"\U0001f600"+`":"Emoji: Grinning Face","`+"\ufb33"+`":"Hebrew Letter Dalet With Dagesh"}`)
	expect(t, map[string]int{"ab": 1, "": 2, "a": 3}, `{"":2,"a":3,"ab":1}`)
	expect(t, map[int]bool{10: true, 9: false}, `{"10":true,"9":false}`)
}

func TestTextIsEscapedAsLittleAsPossible(t *testing.T) {
	expect(t, "\x00\x1f\b\t\n\f\r\"\\", `"\u0000\u001f\b\t\n\f\r\"\\"`)
	plain := "/<>&\x7f\u2028é€\U0001f600"
	expect(t, plain, `"`+plain+`"`)
	for i := range 20 { // wherever in a word of eight bytes it comes
		before := strings.Repeat("x", i)
		expect(t, before+"\n"+before, `"`+before+`\n`+before+`"`)
		refuse(t, before+"\xff"+before, "text that is not UTF-8")
	}
}

type embedded struct {
	Inner int `json:"inner"`
}

type everything struct {
	embedded
	Zulu    int               `json:"zulu"`
	Alpha   []string          `json:"alpha"`
	Table   map[string]string `json:"table"`
	Plain   bool
	Absent  *int      `json:"absent"`
	Empty   string    `json:"empty,omitempty"`
	Zero    time.Time `json:"zero,omitzero"`
	Large   int64     `json:"large,string"`
	Bytes   []byte    `json:"bytes"`
	Any     any       `json:"any"`
	Pair    [2]int8   `json:"pair"`
	At      time.Time `json:"at"`
	Hidden  int       `json:"-"`
	private int
}

func TestStructsHonourTheirTags(t *testing.T) {
	value := everything{
		embedded: embedded{Inner: 1},
		Large:    math.MinInt64,
		Bytes:    []byte{0xff, 0},
		Any:      map[string]any{"b": nil, "a": 1.5},
		Pair:     [2]int8{-1, 1},
		At:       time.UnixMicro(1).UTC(),
		Hidden:   1,
		private:  1,
	}
	want := `{"Plain":false,"absent":null,"alpha":[],"any":{"a":1.5,"b":null},"at":"1970-01-01T00:00:00.000001Z",` +
		`"bytes":"/wA=","inner":1,"large":"-9223372036854775808","pair":[-1,1],"table":{},"zulu":0}`
	expect(t, value, want)
	var back everything
	if err := canonical.Unmarshal(want, &back); err != nil {
		t.Fatal(err)
	}
	expect(t, &back, want)
}

func TestWhatCannotBeWrittenExactlyIsRefused(t *testing.T) {
	refuse(t, []float64{0, math.NaN()}, "1: NaN is no JSON number")
	refuse(t, math.Inf(-1), "-Inf is no JSON number")
	expect(t, []int64{1 << 53, -1 << 53}, "[9007199254740992,-9007199254740992]")
	refuse(t, int64(1<<53+1), "the number 9007199254740993 is beyond 2^53: send it as a string")
	refuse(t, map[string]any{"a": embedded{-1<<53 - 1}},
		"a.inner: the number -9007199254740993 is beyond 2^53: send it as a string")
	refuse(t, uint64(math.MaxUint64), "the number 18446744073709551615 is beyond 2^53: send it as a string")
	refuse(t, map[string]int{"\xff": 1}, "text that is not UTF-8")
	refuse(t, func() {}, "a Go value of type func() is nothing that JSON can say")
	refuse(t, struct {
		embedded
		Outer int `json:"inner"`
	}{}, `are called "inner"`)
}

type chain struct {
	Next *chain `json:"next"`
}

func TestCyclesAndDepthAreRefused(t *testing.T) {
	cycle := &chain{}
	cycle.Next = cycle
	refuse(t, cycle, "nested deeper than 256 levels")
	var self any
	self = &self
	refuse(t, self, "nested deeper than 256 levels")
	var deep any
	for range canonical.MaxDepth {
		deep = []any{deep}
	}
	expect(t, deep, strings.Repeat("[", 256)+"null"+strings.Repeat("]", 256))
	refuse(t, []any{deep}, "nested deeper than 256 levels")
}

func expect(t *testing.T, value any, want string) {
	t.Helper()
	got, err := canonical.Marshal(value)
	if err != nil || string(got) != want {
		t.Errorf("%v is written as %s (%v), not %s", value, got, err, want)
	}
}

func refuse(t *testing.T, value any, reason string) {
	t.Helper()
	got, err := canonical.Marshal(value)
	if err == nil || !strings.HasSuffix(err.Error(), reason) {
		t.Errorf("it is written as %s (%v), not refused: %s", got, err, reason)
	}
}
