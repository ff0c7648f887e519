package tune

import (
	"fmt"
	"slices"
	"strings"
)

// Setting is how a server is set up.
type Setting struct {
	Backend     string `json:"backend"`
	Workers     int    `json:"workers"`
	Concurrency int    `json:"concurrency"`
	Batch       int    `json:"batch"` // packets that a worker takes at a time
}

func (s Setting) String() string {
	return fmt.Sprintf("%s, %d workers, %d at a time, batches of %d", s.Backend, s.Workers, s.Concurrency, s.Batch)
}

// Flags are those of iocp echo, and what they stand for in a program:
// iocp.Config.Backend and Concurrency, the number of goroutines that Wait, and
// the length of what they give it.
func (s Setting) Flags() []string {
	return []string{
		"--backend=" + s.Backend, fmt.Sprint("--workers=", s.Workers),
		fmt.Sprint("--concurrency=", s.Concurrency), fmt.Sprint("--batch=", s.Batch),
	}
}

// apart is in how many points a setting differs from another.
func (s Setting) apart(o Setting) int {
	n := 0
	for _, differs := range []bool{s.Backend != o.Backend, s.Workers != o.Workers, s.Concurrency != o.Concurrency, s.Batch != o.Batch} {
		if differs {
			n++
		}
	}
	return n
}

// Axes are the values to try. Where there are none, a few are chosen. The
// first backend is the default one.
type Axes struct {
	Backends    []string
	Workers     []int
	Concurrency []int
	Batches     []int
}

const (
	batchDefault  = 64
	candidatesMax = 64
)

// defaults is what a server is set up as that doesn't choose.
func (a Axes) defaults(cpus int) Setting {
	return Setting{a.Backends[0], cpus, cpus, batchDefault}
}

// candidates are the settings to look at, the default one first. What the axes
// name is combined in all ways; what they leave out is varied on its own: few
// settings, so that there is time to look at each.
func (a Axes) candidates(cpus int, blocks bool) ([]Setting, error) {
	all := []Setting{a.defaults(cpus)}
	add := func(s Setting) {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	batches := a.Batches
	if len(batches) == 0 {
		batches = []int{batchDefault}
	}
	for _, backend := range a.Backends {
		for _, p := range a.pairs(cpus, blocks) {
			for _, batch := range batches {
				add(Setting{backend, p[0], p[1], batch})
			}
		}
	}
	if len(a.Batches) == 0 {
		for _, batch := range []int{1, 8, 256} {
			s := all[0]
			s.Batch = batch
			add(s)
		}
	}
	if len(all) > candidatesMax {
		return nil, fmt.Errorf("that is %d settings, and at most %d can be compared: give fewer values", len(all), candidatesMax)
	}
	return all, nil
}

// pairs are numbers of workers, and of those that run at a time.
func (a Axes) pairs(cpus int, blocks bool) (pairs [][2]int) {
	workers, running := a.Workers, a.Concurrency
	if len(workers) == 0 {
		workers = someWorkers(cpus, blocks)
	}
	for _, w := range workers {
		if len(running) == 0 {
			pairs = append(pairs, [2]int{w, min(w, cpus)})
		}
		for _, c := range running {
			pairs = append(pairs, [2]int{w, c})
		}
	}
	return pairs
}

// someWorkers doubles from one up: to twice the CPUs, or, where handlers
// block, until there are enough to have many of them waiting.
func someWorkers(cpus int, blocks bool) []int {
	most := 2 * cpus
	if blocks {
		most = 32 * cpus
	}
	var some []int
	for w := 1; w < cpus; w *= 2 {
		some = append(some, w)
	}
	for w := cpus; w <= most; w *= 2 {
		some = append(some, w)
	}
	return some
}

// check refuses values that can't be meant.
func (a Axes) check() error {
	for _, f := range []struct {
		flag   string
		values []int
		max    int
	}{{"workers", a.Workers, 4096}, {"concurrency", a.Concurrency, 4096}, {"batch", a.Batches, 4096}} {
		for _, v := range f.values {
			if v < 1 || v > f.max {
				return fmt.Errorf("--%s has %d: give numbers from 1 to %d", f.flag, v, f.max)
			}
		}
	}
	if len(a.Backends) == 0 {
		return fmt.Errorf("no backend works here: see iocp version")
	}
	return nil
}

// command is what starts such a server, for people.
func (s Setting) command() string {
	return "iocp echo " + strings.Join(s.Flags(), " ")
}
