// Package tune finds out how a server is best set up for a kind of load: with
// how many workers, how many of them at a time, on what backend, and with what
// batches. It starts servers, loads each for a moment, and does so over and
// over, in turns, so that what changes on the machine meanwhile is the same
// for all.
//
// It looks at all settings first, and then has the best few and the default
// one in a contest, of which alone the figures come that it decides by: those
// of the first look favour whoever was lucky in it.
package tune

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"iocp/cmd/iocp/internal/usage"
	"iocp/cmd/iocp/load"
)

// The goals: what is better.
const (
	Throughput = "throughput" // more messages a second
	CPU        = "cpu"        // less of the server's CPU time for each
	P99        = "p99"        // a lower 99th percentile of the latency
)

// Config says what to tune for.
type Config struct {
	Load   load.Config // the kind of load; the target and the times are set here
	Axes   Axes
	Goal   string        // empty: throughput in the closed loop, CPU in the open one where it can be had, or else P99
	Budget time.Duration // how long it may take
	Slice  time.Duration // how long each measurement takes; 0: 400 ms
	CPUs   int           // 0: as many as Go uses

	// Blocks tells that handlers wait for something, so that there may have
	// to be many workers.
	Blocks bool

	// Launch starts a server.
	Launch func(Setting) (*Server, error)

	// Progress, if set, is told what is being done.
	Progress func(text string)
}

// Server is one that runs.
type Server struct {
	Host, Port string
	PID        int    // 0: its CPU time can't be had
	Stop       func() // ends it, and returns when it has ended
}

const (
	sliceDefault = 400 * time.Millisecond
	warmupShare  = 4                      // of a slice before each
	overhead     = 200 * time.Millisecond // of starting, connecting and stopping, as a first guess
	finalists    = 4                      // besides the default
	roundsMin    = 4                      // for which there has to be time
	looksMax     = 3                      // at each setting
	triesMax     = 5                      // of a measurement in which nothing comes back
	lookShare    = 0.35                   // of the budget, at most, for the first look
)

// Plan is what Run will do.
type Plan struct {
	Candidates []Setting
	Goal       string
	Budget     time.Duration
	Slice      time.Duration
}

// String is for people who wait for it.
func (p *Plan) String() string {
	return fmt.Sprintf("%d settings, first a look at each, then rounds with the best of them and the default, %v at a time: this takes %v",
		len(p.Candidates), p.Slice, p.Budget)
}

// Plan says what Run would do.
func (c *Config) Plan() (*Plan, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	p := &Plan{Goal: c.Goal, Budget: c.Budget, Slice: c.Slice}
	if p.Slice == 0 {
		p.Slice = sliceDefault
	}
	cpus := c.CPUs
	if cpus == 0 {
		cpus = runtime.GOMAXPROCS(0)
	}
	if p.Goal == "" {
		p.Goal = c.usualGoal()
	}
	var err error
	if p.Candidates, err = c.Axes.candidates(cpus, c.Blocks); err != nil {
		return nil, err
	}
	if len(p.Candidates) < 2 {
		return nil, errors.New("there is only one setting: give more values to compare")
	}
	if need := p.least(); c.Budget < need {
		return nil, fmt.Errorf("--budget %v is too little for %d settings: give %v, or fewer settings", c.Budget, len(p.Candidates), need.Round(time.Second))
	}
	return p, nil
}

// usualGoal is what can differ: at a fixed rate the throughput doesn't.
func (c *Config) usualGoal() string {
	if c.Load.Rate == 0 {
		return Throughput
	}
	if _, err := usage.Open(os.Getpid()); err != nil {
		return P99
	}
	return CPU
}

// least is the time for a look at all and for the fewest rounds.
func (p *Plan) least() time.Duration {
	each := p.Slice + p.Slice/warmupShare + overhead
	contest := min(finalists+1, len(p.Candidates))
	return time.Duration(len(p.Candidates)+roundsMin*contest) * each
}

func (c *Config) check() error {
	if err := c.Axes.check(); err != nil {
		return err
	}
	switch c.Goal {
	case "", Throughput, CPU, P99:
	default:
		return fmt.Errorf("there is no goal %q: choose throughput, cpu or p99", c.Goal)
	}
	if _, err := usage.Open(os.Getpid()); err != nil && c.Goal == CPU {
		return fmt.Errorf("%w: choose the goal throughput or p99", err)
	}
	if s := c.Load.Scenario; s != "" && s != load.Echo {
		return fmt.Errorf("only the scenario echo can be tuned for")
	}
	shape := c.Load
	shape.Duration = time.Second
	return shape.Check()
}

// Run does what the plan says and concludes. When ctx ends it concludes from
// what it has.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	plan, err := cfg.Plan()
	if err != nil {
		return nil, err
	}
	c := &contest{cfg: &cfg, plan: plan, deadline: time.Now().Add(plan.Budget)}
	for _, s := range plan.Candidates {
		c.entries = append(c.entries, &entry{setting: s})
	}
	if err := c.look(ctx); err != nil {
		return nil, err
	}
	final := c.choose()
	if err := c.rounds(ctx, final); err != nil {
		return nil, err
	}
	return c.report(final, ctx.Err() != nil)
}
