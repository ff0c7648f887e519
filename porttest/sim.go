package porttest

import (
	"context"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
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
// subtests such as seed7/C60_eof. As many run at a time as GOMAXPROCS says, so
// what they leave behind is looked for only after the last, unless there is but
// one.
func SimSeeds(t *testing.T, first, count uint64) {
	if count == 1 {
		t.Run(fmt.Sprintf("seed%d", first), func(t *testing.T) { Run(t, Sim(first)) })
		return
	}
	warmUp(t, Sim(first))
	before := newSurvey()
	var started atomic.Uint64
	var crowd sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		crowd.Go(func() {
			for n := started.Add(1); n <= count; n = started.Add(1) {
				crowdedSeed(t, first+n-1)
			}
		})
	}
	crowd.Wait()
	if err := before.lasting(time.Now().Add(bound)); err != nil {
		t.Errorf("%v\nby seed:\n%s", err, labelled())
	}
}

// seedLabel is on the profile of every goroutine that a seed has started.
const seedLabel = "seed"

func crowdedSeed(t *testing.T, seed uint64) {
	h := Sim(seed)
	h.crowded = true
	passed := t.Run(fmt.Sprintf("seed%d", seed), func(t *testing.T) {
		labels := pprof.Labels(seedLabel, fmt.Sprint(seed))
		pprof.Do(context.Background(), labels, func(context.Context) { Run(t, h) })
	})
	if !passed {
		t.Logf("again: IOCP_SIM_SEED=%d IOCP_SIM_SEEDS=1", seed)
	}
}

// labelled is the profile of the goroutines, which shows their labels.
func labelled() string {
	var b strings.Builder
	pprof.Lookup("goroutine").WriteTo(&b, 1)
	return b.String()
}
