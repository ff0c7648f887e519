//go:build !race

package sched

import "testing"

// This file holds what the target comes to on simulated machines against the best
// fixed number of workers. All happens on one goroutine, so the race detector would
// only make it take ten times as long.

// always is a rate that stays.
func always(r float64) func(int64) float64 { return func(int64) float64 { return r } }

// bursts is a rate for a time, and nothing for the same time.
func bursts(r float64, each int64) func(int64) float64 {
	return func(now int64) float64 {
		if now/each%2 == 0 {
			return r
		}
		return 0
	}
}

// capacity is a place and what is asked of the target there, as shares of what
// the best fixed number of workers has.
type capacity struct {
	name  string
	place place
	fixed []int // numbers to compare with; the last is the most that may be active

	first float64 // done in the first second, at least
	done  float64 // in the fifth and sixth, at least
	cpu   float64 // for a message then, at most
	p99   float64 // in ms then, at most; 0: any
}

var (
	two   = place{cpus: 2, conns: 64, service: 4 * us, shared: 0.1}
	eight = place{cpus: 8, conns: 1000, service: 10 * us, shared: 0.1, away: 50 * us}
	both  = []int{1, 2}
)

func (p place) with(changes ...func(*place)) place {
	for _, f := range changes {
		f(&p)
	}
	return p
}

// here has the client on the same CPUs, with so many threads.
func here(threads int) func(*place) {
	return func(p *place) { p.clients, p.client = threads, 3*us }
}

var capacities = []capacity{
	{"10 connections, client here", two.with(func(p *place) { p.conns = 10 }, here(1)), both, 0.94, 0.97, 1.03, 0.1},
	{"64, client here", two.with(here(1)), both, 0.95, 0.97, 1.05, 0.4},
	{"1000, client here", two.with(func(p *place) { p.conns = 1000 }, here(1)), both, 0.95, 0.97, 1.05, 8},
	{"64, client of two threads here", two.with(here(2)), both, 0.95, 0.97, 1.05, 0.6},
	{"64, heavy handlers, client here", two.with(func(p *place) { p.service = 50 * us }, here(1)), both, 0.92, 0.97, 1.03, 3},
	{"64, client elsewhere", two.with(func(p *place) { p.away = 50 * us }), both, 0.92, 0.97, 1.03, 0.2},
	{"10, client elsewhere", two.with(func(p *place) { p.conns, p.away = 10, 50*us }), both, 0.95, 0.97, 1.03, 0.1},
	{"64, client elsewhere, two hogs", two.with(func(p *place) { p.away, p.rivals = 50*us, 2 }), both, 0.92, 0.97, 1.03, 5},
	{"64, client here, two hogs", two.with(func(p *place) { p.rivals = 2 }, here(1)), both, 0.95, 0.97, 1.1, 5},
	{"a quota of one CPU", place{cpus: 4, conns: 64, service: 4 * us, shared: 0.1, away: 50 * us, quota: 1}, both, 0.88, 0.97, 1.03, 0.3},
	{"8 CPUs", eight, []int{4, 8}, 0.9, 0.97, 1.03, 2},
	{"8 CPUs, 4 hogs", eight.with(func(p *place) { p.rivals = 4 }), []int{4, 6, 8}, 0.92, 0.97, 1.03, 4},
	{"8 CPUs, handlers of 1 ms", eight.with(func(p *place) { p.conns, p.service = 64, msec }), []int{4, 8}, 0.75, 0.97, 1.03, 15},
	{"64 CPUs", place{cpus: 64, conns: 2000, service: 200 * us, shared: 0.1, away: 50 * us}, []int{32, 64}, 0.75, 0.97, 1.03, 0},
	{"5 %", two.with(func(p *place) { p.rate = always(12_000) }), both, 0, 0.97, 1.03, 0.1},
	{"50 %", two.with(func(p *place) { p.rate = always(120_000) }), both, 0, 0.97, 1.03, 0.1},
	{"97 %, where two are quicker and dearer", two.with(func(p *place) { p.rate = always(235_000) }), both, 0, 0.97, 1.7, 0.3},
	{"105 %", two.with(func(p *place) { p.rate = always(260_000) }), both, 0, 0.97, 1.03, 3},
	{"150 %", two.with(func(p *place) { p.rate = always(370_000) }), both, 0, 0.97, 1.03, 15},
	{"8 CPUs, bursts of 50 ms", eight.with(func(p *place) { p.rate = bursts(300_000, 50*msec) }), []int{4, 8}, 0, 0, 1.15, 100},
	{"8 CPUs, bursts of 500 ms", eight.with(func(p *place) { p.rate = bursts(300_000, 500*msec) }), []int{4, 8}, 0, 0, 1.15, 100},
}

// best is what the best of the fixed numbers gets done: the most, or as much for
// less CPU time.
func (c capacity) best(t *testing.T) (best ran) {
	for _, n := range c.fixed {
		r := newMachine(c.place, 1, n, nil).measure(400*msec, 800*msec)
		t.Logf("%2d workers: %8.0f a second, %6.0f ns, 99 %% in %.2f ms", n, r.done, r.cpu, r.p99)
		if r.done > best.done*1.01 || r.done > best.done*0.99 && r.cpu < best.cpu {
			best = r
		}
	}
	return best
}

func TestAsManyWorkersAsHelp(t *testing.T) {
	for _, c := range capacities {
		t.Run(c.name, func(t *testing.T) {
			best := c.best(t)
			m := newMachine(c.place, 1, 1, &target{value: 1, min: 1, max: c.fixed[len(c.fixed)-1]})
			first := m.measure(0, 1000*msec)
			m.run(4000 * msec)
			m.history = nil
			r := m.measure(4000*msec, 2000*msec)
			t.Logf("the target: %8.0f a second, %6.0f ns, 99 %% in %.2f ms; %.2f workers, changed %d times; at first %.0f a second",
				r.done, r.cpu, r.p99, r.mean, r.changes, first.done)
			if first.done < c.first*best.done || r.done < c.done*best.done {
				t.Errorf("%.2f of the best are done in the first second, then %.2f; want %.2f and %.2f",
					first.done/best.done, r.done/best.done, c.first, c.done)
			}
			if r.cpu > c.cpu*best.cpu {
				t.Errorf("a message costs %.2f of what it costs with the best, want at most %.2f", r.cpu/best.cpu, c.cpu)
			}
			if c.p99 > 0 && r.p99 > c.p99 {
				t.Errorf("99 %% are answered in %.2f ms, want %.2f", r.p99, c.p99)
			}
			if r.changes > 20 {
				t.Errorf("the number of active workers changes %d times in a second", r.changes)
			}
		})
	}
}
