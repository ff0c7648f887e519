package cputime

import (
	"testing"
	"time"
)

// TestProcess: the time grows while the process computes, and not by more than its
// threads can have had.
func TestProcess(t *testing.T) {
	before, known := Process()
	if !known {
		t.Skip("capability: this system doesn't tell a process's CPU time")
	}
	for began := time.Now(); ; {
		now, known := Process()
		if !known || now.CPU < before.CPU {
			t.Fatalf("from %+v to %+v, known: %v", before, now, known)
		}
		if now.CPU >= before.CPU+2*Grain+time.Millisecond {
			return
		}
		if time.Since(began) > time.Minute {
			t.Fatalf("a minute of computing has added %v", now.CPU-before.CPU)
		}
	}
}

func TestProcessAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { Process() }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
