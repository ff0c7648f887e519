package tune

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"iocp/cmd/iocp/load"
)

// entry is a setting and what was measured of it.
type entry struct {
	setting Setting
	looks   []sample // of the first look
	samples []sample // of the contest, one for each round
	failure error    // why it is out of the contest
}

// sample is what one measurement has brought.
type sample struct {
	throughput float64 // messages a second
	p50, p99   float64 // microseconds
	cpu        float64 // microseconds of the server's a message; 0: not known
}

// score is higher for what is better, and logarithmic, so that a difference of
// two is a ratio whatever the goal.
func (s sample) score(goal string) float64 {
	switch goal {
	case CPU:
		return -math.Log(s.cpu)
	case P99:
		return -math.Log(s.p99)
	}
	return math.Log(s.throughput)
}

// contest is a run under way.
type contest struct {
	cfg      *Config
	plan     *Plan
	entries  []*entry
	deadline time.Time
	worst    time.Duration // that a measurement has taken
}

// look measures all settings, a few times while there is time for all of them,
// so that what one needs to be chosen isn't only luck.
func (c *contest) look(ctx context.Context) error {
	until := time.Now().Add(time.Duration(lookShare * float64(c.plan.Budget)))
	for turn := 0; turn < looksMax && ctx.Err() == nil; turn++ {
		if turn > 0 && time.Now().Add(c.worst*time.Duration(len(c.entries))).After(until) {
			return nil
		}
		if err := c.turn(ctx, c.entries, "a look at all", func(e *entry, s sample) { e.looks = append(e.looks, s) }); err != nil {
			return err
		}
	}
	return nil
}

// rounds measures the finalists in turns until the time is over.
func (c *contest) rounds(ctx context.Context, final []*entry) error {
	for round := 1; ctx.Err() == nil; round++ {
		need := c.worst * time.Duration(len(final))
		if round > 1 && time.Now().Add(need).After(c.deadline) {
			return nil
		}
		step := fmt.Sprintf("round %d", round)
		if err := c.turn(ctx, final, step, func(e *entry, s sample) { e.samples = append(e.samples, s) }); err != nil {
			return err
		}
	}
	return nil
}

// turn measures each once, in an order of its own: who comes after whom
// shouldn't matter. Only the default one has to work.
func (c *contest) turn(ctx context.Context, entries []*entry, step string, keep func(*entry, sample)) error {
	for n, i := range rand.Perm(len(entries)) {
		e := entries[i]
		if e.failure != nil {
			continue
		}
		c.tell("%s, %d of %d, %v left: %v", step, n+1, len(entries), max(time.Until(c.deadline), 0).Round(time.Second), e.setting)
		begun := time.Now()
		s, err := c.tryMeasure(ctx, e.setting)
		c.worst = max(c.worst, time.Since(begun))
		switch {
		case err != nil && interrupted(ctx):
			return nil
		case err == nil:
			keep(e, s)
		case e == c.entries[0]:
			return fmt.Errorf("the default setting (%v) doesn't work: %w", e.setting, err)
		default:
			e.failure = err
		}
	}
	return nil
}

// interrupted reports whether the user has had enough. A server's process is
// interrupted from the terminal too, and what it then does may come first.
func interrupted(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	case <-time.After(100 * time.Millisecond):
		return false
	}
}

func (c *contest) tell(format string, args ...any) {
	if c.cfg.Progress != nil {
		c.cfg.Progress(fmt.Sprintf(format, args...))
	}
}

// errNothing is a measurement in which no message came back.
var errNothing = errors.New("nothing was measured: give a longer --slice, or another --goal")

// tryMeasure measures again if nothing came back: a busy machine may have had
// no time for it.
func (c *contest) tryMeasure(ctx context.Context, s Setting) (m sample, err error) {
	for range triesMax {
		if m, err = c.measure(ctx, s); !errors.Is(err, errNothing) {
			break
		}
	}
	return m, err
}

// measure has a server of its own for each measurement: what a process is
// lucky with, such as where its memory lies, is then left to chance each time.
func (c *contest) measure(ctx context.Context, s Setting) (sample, error) {
	srv, err := c.cfg.Launch(s)
	if err != nil {
		return sample{}, err
	}
	defer srv.Stop()
	cfg := c.cfg.Load
	cfg.Host, cfg.Port, cfg.ServerPID = srv.Host, srv.Port, srv.PID
	cfg.Warmup, cfg.Duration = c.plan.Slice/warmupShare, c.plan.Slice
	res, err := load.Run(ctx, cfg)
	if err != nil {
		return sample{}, err
	}
	m := sample{throughput: res.ThroughputPerS, p50: res.LatencyUS.P50, p99: res.LatencyUS.P99}
	if res.Server != nil {
		m.cpu = res.Server.CPUUSPerMessage
	}
	if score := m.score(c.plan.Goal); math.IsInf(score, 0) || math.IsNaN(score) {
		return sample{}, errNothing
	}
	return m, nil
}

// choose gives the finalists: the default one first, and the best of the look.
// The best batch of those tried with the default is tried with the best of the
// other values too.
func (c *contest) choose() []*entry {
	ranked := slices.DeleteFunc(slices.Clone(c.entries[1:]), func(e *entry) bool { return e.failure != nil || len(e.looks) == 0 })
	score := func(e *entry) float64 { return meanScore(e.looks, c.plan.Goal) }
	slices.SortStableFunc(ranked, func(a, b *entry) int { return cmp.Compare(score(b), score(a)) })
	final := append([]*entry{c.entries[0]}, ranked[:min(finalists, len(ranked))]...)
	if both := c.combined(ranked); both != nil && len(final) > finalists {
		final[finalists] = both
	}
	return final
}

// combined is the best workers and backend with the best batch, where they
// were looked at apart.
func (c *contest) combined(ranked []*entry) *entry {
	if len(ranked) == 0 || len(c.cfg.Axes.Batches) > 0 {
		return nil
	}
	def := c.entries[0].setting
	both := def
	for _, e := range slices.Backward(ranked) {
		if s := e.setting; s.Batch != def.Batch {
			both.Batch = s.Batch
		} else {
			both.Backend, both.Workers, both.Concurrency = s.Backend, s.Workers, s.Concurrency
		}
	}
	if slices.ContainsFunc(c.entries, func(e *entry) bool { return e.setting == both }) {
		return nil
	}
	e := &entry{setting: both}
	c.entries = append(c.entries, e)
	return e
}

func meanScore(samples []sample, goal string) float64 {
	sum := 0.0
	for _, s := range samples {
		sum += s.score(goal)
	}
	return sum / float64(len(samples))
}
