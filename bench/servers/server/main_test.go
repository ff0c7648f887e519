package main

import (
	"os"
	"strings"
	"testing"

	"iocp/bench/internal/peer"
)

// TestConfig shows what loops are: ports, or workers of one port of which none
// is ever restrained.
func TestConfig(t *testing.T) {
	t.Setenv("IOCP_DISABLE", "append")
	if c := config(peer.Options{Loops: 2}); c.Ports != 2 || c.Workers != 0 || c.PortConfig.Concurrency != 0 {
		t.Errorf("got %+v", c)
	}
	*fixed = true
	defer func() { *fixed = false }()
	if c := config(peer.Options{}); c.Ports != 0 || c.Workers != 0 || os.Getenv("IOCP_DISABLE") != "append" {
		t.Errorf("got %+v, which isn't the default", c)
	}
	c := config(peer.Options{Loops: 2})
	if c.Ports != 0 || c.Workers != 2 || c.PortConfig.Concurrency != 2 {
		t.Errorf("got %+v", c)
	}
	if off := os.Getenv("IOCP_DISABLE"); !strings.HasPrefix(off, "append,") || !strings.HasSuffix(off, ",restraint") {
		t.Errorf("disabled is %q", off)
	}
}
