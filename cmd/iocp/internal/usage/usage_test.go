package usage_test

import (
	"os"
	"runtime"
	"runtime/debug"
	"testing"

	"iocp/cmd/iocp/internal/usage"
)

func TestProcess(t *testing.T) {
	if _, err := usage.Open(1 << 22); err == nil {
		t.Error("a process that can't be there was found")
	}
	p, err := usage.Open(os.Getpid())
	if err != nil {
		t.Skipf("capability: %v", err)
	}
	before, self := p.CPU(), usage.Self()
	for sum := 0; usage.Self() == self; sum++ {
		_ = sum
	}
	if after := p.CPU(); before <= 0 || after <= before {
		t.Errorf("CPU %v, then %v", before, after)
	}
}

func TestResident(t *testing.T) {
	p, err := usage.Open(os.Getpid())
	if err != nil {
		t.Skipf("capability: %v", err)
	}
	if p.RSS() == 0 {
		t.Skip("capability: the memory of a process isn't read here")
	}
	debug.FreeOSMemory() // so that what is allocated next is new to the process
	rss := p.RSS()
	block := make([]byte, 64<<20)
	for i := 0; i < len(block); i += 4096 {
		block[i] = 1
	}
	if grown := p.RSS() - rss; rss <= 0 || grown < int64(len(block))/2 {
		t.Errorf("%d bytes, and %d more with %d more in use", rss, grown, len(block))
	}
	runtime.KeepAlive(block)
}

func TestDescriptors(t *testing.T) {
	n := usage.Descriptors()
	if n == 0 {
		t.Skip("capability: this system has no such limit")
	}
	if n < 16 || usage.Descriptors() != n {
		t.Errorf("a limit of %d, then %d", n, usage.Descriptors())
	}
}
