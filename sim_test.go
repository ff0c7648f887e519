package iocp_test

import (
	"os"
	"strconv"
	"testing"

	"iocp/porttest"
)

// TestSimSeeds runs the suite on simulated networks with the seeds from
// IOCP_SIM_SEED on (by default 1), IOCP_SIM_SEEDS of them (by default 10, or 3
// with -short). A seed that fails is printed.
func TestSimSeeds(t *testing.T) {
	count := uint64(10)
	if testing.Short() {
		count = 3
	}
	porttest.SimSeeds(t, number(t, "IOCP_SIM_SEED", 1), number(t, "IOCP_SIM_SEEDS", count))
}

// number reads a number from the environment.
func number(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}
