package process

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestOwnFigures(t *testing.T) {
	cpu, err := CPU(os.Getpid())
	if err != nil || cpu <= 0 {
		t.Errorf("CPU time: got %v, %v", cpu, err)
	}
	if rss, err := RSS(os.Getpid()); err != nil || rss < 1<<20 {
		t.Errorf("memory: got %d, %v", rss, err)
	}
	if busy, err := Busy(); err != nil || busy <= 0 {
		t.Errorf("busy: got %v, %v", busy, err)
	}
}

func TestParseBusy(t *testing.T) {
	got, err := parseBusy([]byte("cpu  100 200 300 4000 5000 10 20 30 0 0\ncpu0 1\n"))
	if want := 6600 * time.Millisecond; err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, bad := range []string{"", "cpu 1 2 3", "cpu a b c d e f g h"} {
		if got, err := parseBusy([]byte(bad)); err == nil {
			t.Errorf("%q is accepted as %v", bad, got)
		}
	}
}

// TestStart shows that a process gets the CPUs it is given, and that this
// process keeps its own.
func TestStart(t *testing.T) {
	all, err := CPUs()
	if err != nil {
		t.Fatal(err)
	}
	last := all[len(all)-1:]
	cmd := exec.Command("cat", "/proc/self/status")
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := Start(cmd, last); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	want := "Cpus_allowed_list:\t" + FormatCPUs(last)
	if !strings.Contains(out.String(), want+"\n") {
		t.Errorf("there is no %q in:\n%s", want, &out)
	}
	if after, err := CPUs(); err != nil || FormatCPUs(after) != FormatCPUs(all) {
		t.Errorf("this process had %v and has %v, %v", all, after, err)
	}
}
