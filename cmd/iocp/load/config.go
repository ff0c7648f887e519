package load

import (
	"fmt"
	"slices"
	"time"
)

// What a run may ask for, so that it stays bounded in time and memory.
const (
	connsMax    = 1_000_000
	sizeMax     = 16 << 20
	workersMax  = 64
	depthMax    = 1 << 16
	onTheWayMax = 1 << 24 // messages, over all connections
	rateMax     = 1e8
	durationMax = time.Hour
	pidMax      = 1 << 22 // PID_MAX_LIMIT, proc_pid(5)
	aheadMax    = 1 << 30
)

const (
	sizeDefault     = 64
	activeShare     = 100 // one connection in so many
	slowSizeDefault = 16 << 10
	readRateDefault = 64 << 10
	aheadDefault    = 64 << 20 // the kernels' own buffers hold some 10 MiB
)

// Check finds values that can't be meant.
func (c Config) Check() error {
	kind, err := scenarioNamed(c.Scenario)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		flag            string
		value, min, max int
	}{
		{"conns", c.Conns, 1, connsMax},
		{"size", c.Size, 0, sizeMax},
		{"workers", c.Workers, 1, workersMax},
		{"depth", c.Depth, 0, depthMax},
		{"active", c.Active, 0, c.Conns},
		{"sources", c.Sources, 0, sourcesMax},
		{"ahead", c.AheadMax, 0, aheadMax},
		{"server-pid", c.ServerPID, 0, pidMax},
	} {
		if f.value < f.min || f.value > f.max {
			return fmt.Errorf("--%s is %d: give a number from %d to %d", f.flag, f.value, f.min, f.max)
		}
	}
	if err := c.checkTimes(); err != nil {
		return err
	}
	return c.checkFor(kind)
}

func (c Config) checkTimes() error {
	switch {
	case c.Conns*c.Depth > onTheWayMax:
		return fmt.Errorf("--conns %d with --depth %d is more than %d messages on their way: give less of one", c.Conns, c.Depth, onTheWayMax)
	case !(c.Rate >= 0 && c.Rate <= rateMax):
		return fmt.Errorf("--rate is %g: give messages a second, up to %g", c.Rate, float64(rateMax))
	case !(c.ReadRate >= 0 && c.ReadRate <= rateMax):
		return fmt.Errorf("--read-rate is %g: give bytes a second, up to %g", c.ReadRate, float64(rateMax))
	case c.Duration <= 0 || c.Duration > durationMax:
		return fmt.Errorf("--duration is %v: give a time up to %v", c.Duration, durationMax)
	case c.Warmup < 0 || c.Warmup > durationMax:
		return fmt.Errorf("--warmup is %v: give a time from 0 to %v", c.Warmup, durationMax)
	}
	return nil
}

// checkFor refuses what the scenario has no use for.
func (c Config) checkFor(kind *scenario) error {
	for _, f := range []struct {
		flag  string
		given bool
		of    []string
	}{
		{"active", c.Active != 0, []string{Idle}},
		{"abort", c.Abort, []string{Storm, Half}},
		{"read-rate", c.ReadRate != 0, []string{Slow}},
		{"ahead", c.AheadMax != 0, []string{Slow}},
		{"rate", c.Rate != 0, []string{Echo, Idle, Storm, Half, Fanout}},
	} {
		if f.given && !slices.Contains(f.of, kind.name) {
			return fmt.Errorf("--%s is not for --scenario=%s: leave it out", f.flag, kind.name)
		}
	}
	if kind.check == nil {
		return nil
	}
	return kind.check(&c)
}

// settle sets what was left open, and looks whether the system allows it.
func (c *Config) settle() (*scenario, error) {
	kind, err := scenarioNamed(c.Scenario)
	if err != nil {
		return nil, err
	}
	c.Scenario = kind.name
	kind.fill(c)
	c.Workers = min(c.Workers, c.Conns)
	return kind, checkDescriptors(c)
}

func fillEcho(c *Config) {
	c.Active = c.Conns
	fillCommon(c)
}

func fillIdle(c *Config) {
	if c.Active == 0 {
		c.Active = max(c.Conns/activeShare, 1)
	}
	fillCommon(c)
}

// fillCycle has connections with at least one message each.
func fillCycle(c *Config) {
	c.Depth = max(c.Depth, 1)
	fillEcho(c)
}

func fillCommon(c *Config) {
	if c.Size == 0 {
		c.Size = sizeDefault
	}
	if c.Depth == 0 && c.Rate == 0 {
		c.Depth = 1
	}
}
