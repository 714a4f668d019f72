package log_test

import (
	"io"
	"os"
	"testing"

	"everfold/log"
)

func TestLinesGoToStandardError(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr := os.Stderr
	os.Stderr = write
	for _, line := range []func(string){log.Trace, log.Debug, log.Info, log.Warn, log.Error} {
		line("here")
	}
	os.Stderr = stderr
	write.Close()
	lines, err := io.ReadAll(read)
	want := "trace: here\ndebug: here\ninfo: here\nwarn: here\nerror: here\n"
	if err != nil || string(lines) != want {
		t.Errorf("they were %q (%v)", lines, err)
	}
}
