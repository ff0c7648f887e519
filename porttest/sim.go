package porttest

import (
	"fmt"
	"sync/atomic"
	"testing"
)

// networks numbers the simulated networks, so that no two harnesses share one.
var networks atomic.Uint64

// Sim is the harness of the simulated backend with a seed, which decides what
// kernels and networks leave open. The foreign ends are simulated as well. The
// name of the backend, which every failure shows, has the seed; a failure is
// the same again for it as far as the scheduler lets it.
func Sim(seed uint64) Harness {
	name := fmt.Sprintf("sim:%d/suite%d", seed, networks.Add(1))
	h := named(name)
	h.virtual = true
	return h
}

// SimSeeds runs the suite with a number of seeds, from the first on, as
// subtests such as seed7/C60_eof.
func SimSeeds(t *testing.T, first, count uint64) {
	for seed := first; seed < first+count; seed++ {
		passed := t.Run(fmt.Sprintf("seed%d", seed), func(t *testing.T) { Run(t, Sim(seed)) })
		if !passed {
			t.Logf("again: IOCP_SIM_SEED=%d IOCP_SIM_SEEDS=1", seed)
		}
	}
}
