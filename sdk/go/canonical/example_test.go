package canonical_test

import (
	"fmt"

	"everfold/canonical"
)

func Example() {
	var value any
	if err := canonical.Unmarshal(`{"total": 1.0, "items": ["caf\u00e9", 1E3]}`, &value); err != nil {
		panic(err)
	}
	text, err := canonical.Marshal(value)
	fmt.Println(string(text), err)

	fmt.Println(canonical.Unmarshal(`{"id": 9007199254740993}`, &value))
	// Output:
	// {"items":["café",1000],"total":1} <nil>
	// id: the number 9007199254740993 is beyond 2^53: send it as a string
}
