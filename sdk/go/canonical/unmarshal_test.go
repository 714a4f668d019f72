package canonical_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"everfold/canonical"
)

func TestAnyTakesWhateverComes(t *testing.T) {
	text := ` {"a" : [1, -0.5e1, "\u00e9\ud83d\ude00\/\n", true, false, null], "b":{}, "b":[ ]} `
	got, err := read[any](text)
	want := map[string]any{"a": []any{1.0, -5.0, "é\U0001f600/\n", true, false, nil}, "b": []any{}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("it is read as %#v (%v)", got, err)
	}
}

func TestOnlyJSONIsRead(t *testing.T) {
	for _, text := range []string{
		"", " ", "nul", "truefalse", "1 2", "01", "-", "+1", ".5", "1.", "1e", "0x1", "NaN", "[1,]", "[,1]", "[1 2]", "[",
		`{"a":1,}`, `{"a"}`, `{a:1}`, `{"a":1`, `{"a":}`, `'a'`, `"a`, `"\x"`, `"\`, `"\u12"`, `"\u12`, "\"\nn\"", `"\u12g4"`, "\"\n\"", "\"\x00\"",
		"\ufeff1", "[]]", "\"\xff\"", "\"\xc3\"", `"\ud800"`, `"\udc00"`, `"\ud800\u0041"`, `"\ud800x"`, `{"\ud800":1}`,
		"9007199254740993", "-9007199254740993", "123456789012345678901234567890", "1e400", "[1e400]",
	} {
		if got, err := read[any](text); err == nil {
			t.Errorf("%q is read as %#v", text, got)
		}
		if _, err := read[struct{}](`{"unknown":` + text + `}`); err == nil {
			t.Errorf("%q is passed over", text)
		}
	}
}

func TestNumbersBeyondWhatIsExactAreNamed(t *testing.T) {
	fails[any](t, `{"a":[9007199254740993]}`, "a.0: the number 9007199254740993 is beyond 2^53: send it as a string")
	fails[any](t, "1e400", "the number 1e400 is beyond the range of doubles")
	if got, err := read[float64]("9007199254740992"); err != nil || got != 1<<53 {
		t.Errorf("2^53 is read as %v (%v)", got, err)
	}
	if got, err := read[float64]("12345678901234567890.0"); err != nil || got != 12345678901234567890.0 {
		t.Errorf("a double is read as %v (%v)", got, err)
	}
}

func TestWholeNumbersBeyondWhatIsExactAreDoublesAsTheyAreWritten(t *testing.T) {
	for text, want := range map[string]float64{
		"9007199254740994": 1<<53 + 2, "-9007199254740994": -1<<53 - 2, "18446744073709552000": 1 << 64,
		"100000000000000000000": 1e20, "-123456789012345680000": -123456789012345680000, "999999999999999900000": 9.999999999999999e20,
	} {
		got, err := read[any](text)
		if err != nil || got != want {
			t.Errorf("%s is read as %v (%v)", text, got, err)
		}
		if got, err := read[float64](text); err != nil || got != want {
			t.Errorf("%s is read as the double %v (%v)", text, got, err)
		}
		if again, err := canonical.Marshal(got); err != nil || string(again) != text {
			t.Errorf("%s is written again as %s (%v)", text, again, err)
		}
		fails[int64](t, text, "the number "+text+" is beyond 2^53: send it as a string")
		fails[uint64](t, text, "the number "+text+" is beyond 2^53: send it as a string")
	}
	for _, text := range []string{
		"9007199254740993", "-9007199254740993", "9007199254740995", "18446744073709551615", "18446744073709551616",
		"100000000000000000001", "100000000000000010000", "999999999999999999999", "1000000000000000000000",
	} {
		fails[any](t, text, "the number "+text+" is beyond 2^53: send it as a string")
		fails[float64](t, text, "the number "+text+" is beyond 2^53: send it as a string")
	}
}

func TestWhatATypeWritesByItselfIsReadAgain(t *testing.T) {
	for _, text := range []string{"[100000000000000000000]", `{"a":9007199254740994}`} {
		raw, err := read[json.RawMessage](text)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := canonical.Marshal(raw); err != nil || string(again) != text {
			t.Errorf("%s is written again as %s (%v)", text, again, err)
		}
	}
	fails[json.RawMessage](t, "9007199254740993", "the number 9007199254740993 is beyond 2^53: send it as a string")
}

func TestIntegersAreWhole(t *testing.T) {
	if got, err := read[int]("1.20e1"); err != nil || got != 12 {
		t.Errorf("12 is read as %v (%v)", got, err)
	}
	fails[int](t, "1.5", "expected a whole number, found 1.5")
	fails[int](t, "1e20", "the number 1e20 is beyond 2^53: send it as a string")
	fails[int8](t, "-129", "the number -129 is beyond the range of int8")
	fails[uint8](t, "256", "the number 256 is beyond the range of uint8")
	fails[uint](t, "-1", "the number -1 is beyond the range of uint")
	fails[int](t, `"1"`, `expected a whole number at byte 0, found '"'`)
	fails[struct {
		N int8 `json:"n,string"`
	}](t, `{"n":"128"}`, `n: the text "128" is no int8`)
}

type order struct {
	SKU  string            `json:"sku"`
	Qty  *int              `json:"qty"`
	Note string            `json:"note,omitempty"`
	Tags map[string]string `json:"tags,omitzero"`
}

func TestStructsAreReadStrictly(t *testing.T) {
	got, err := read[order](`{"qty":1,"qty":null,"tags":{"a":"1"},"sku":"x","tags":{"b":"2"},"sku":"y","more":[{}]}`)
	if want := (order{SKU: "y", Tags: map[string]string{"b": "2"}}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("it is read as %+v (%v)", got, err)
	}
	fails[order](t, `{}`, `the member "sku" is missing`)
	fails[order](t, `{"SKU":"x"}`, `the member "sku" is missing`)
	fails[order](t, `{"sku":null}`, "sku: expected text at byte 7, found 'n'")
	fails[order](t, `{"sku":"x","tags":{"a":1}}`, "tags.a: expected text at byte 23, found '1'")
	fails[order](t, `null`, "expected an object at byte 0, found 'n'")
	fails[[]int](t, `null`, "expected an array at byte 0, found 'n'")
	fails[[2]int](t, `[1]`, "expected 2 elements, not 1, at byte 0, found '['")
}

func TestDepthIsBounded(t *testing.T) {
	nested := func(levels int) string {
		return strings.Repeat(`{"a":[`, levels/2) + "1" + strings.Repeat("]}", levels/2)
	}
	if _, err := read[any](nested(canonical.MaxDepth)); err != nil {
		t.Error(err)
	}
	if _, err := read[any]("[" + strings.Repeat("[{}],", canonical.MaxDepth) + "1]"); err != nil {
		t.Error(err) // what lies side by side is not nested
	}
	for _, levels := range []int{canonical.MaxDepth + 2, 1_000_000} {
		if _, err := read[any](nested(levels)); err == nil || len(err.Error()) > 200 {
			t.Errorf("%d levels are read (%v)", levels, err)
		}
		if _, err := read[struct{}](`{"unknown":` + nested(levels) + "}"); err == nil {
			t.Errorf("%d levels are passed over", levels)
		}
	}
}

func read[T any](text string) (T, error) {
	var value T
	err := canonical.Unmarshal(text, &value)
	return value, err
}

func fails[T any](t *testing.T, text, reason string) {
	t.Helper()
	got, err := read[T](text)
	if err == nil || err.Error() != reason {
		t.Errorf("%s is read as %v (%v), not refused: %s", text, got, err, reason)
	}
}
