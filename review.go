package iocp

import (
	"math"
	"time"

	"iocp/internal/driver"
	"iocp/internal/sched"
)

// This file adapts to the load: how many workers take part, and what each has to
// do.

const (
	// reviewEvery is how often.
	reviewEvery = 2 * time.Millisecond

	// In percent of a worker's time: with no more than sched.NoneIdle he has too
	// much to do, and with at least someRest he could do more.
	someRest = 10
)

// rest is for how long a worker waits in the kernel.
type rest struct {
	total time.Duration // so far
	share int           // of late, in percent
}

// review tells the scheduler how idle the workers were of late. The caller holds
// mu.
func (p *Port) review(now int64) {
	passed := now - p.reviewed
	if p.shared == nil || passed < int64(reviewEvery) {
		return
	}
	p.reviewed = now
	p.promote(p.sched.Review(p.rested(passed)))
	if p.sched.Crew() > 1 {
		p.balance()
	}
}

// rested brings spare up to date, and reports the sum for the time that has passed.
func (p *Port) rested(passed int64) (sum int) {
	trays := *p.trays.Load()
	p.spare = append(p.spare, make([]rest, len(trays)-len(p.spare))...)
	for i, t := range trays {
		r, total := &p.spare[i], t.Idle()
		share := int(100 * int64(total-r.total) / passed)
		*r = rest{total, (r.share + share) / 2}
		sum += share
	}
	return sum
}

// balance has the worker with the most to do give some of his sockets to the one
// with the least. If nobody has time left over they are to have equally many to
// serve: those of a worker who has fewer would be served more often.
func (p *Port) balance() {
	busiest, idlest := extreme{at: -sched.NoneIdle - 1}, extreme{at: someRest - 1}
	most, fewest := extreme{at: 0}, extreme{at: math.MinInt}
	for i, t := range *p.trays.Load() {
		if t.Seat() == 0 {
			continue
		}
		busiest.offer(-p.spare[i].share, t)
		idlest.offer(p.spare[i].share, t)
		if n := p.shared.Lively(t); n >= 0 {
			most.offer(n, t)
			fewest.offer(-n, t)
		}
	}
	switch more := most.at + fewest.at; {
	case busiest.tray == nil:
	case idlest.tray != nil:
		p.shared.Shift(busiest.tray, idlest.tray, max(idlest.at/4, 1))
	case more > most.at/8+1:
		p.shared.Shift(most.tray, fewest.tray, 50*more/(most.at-fewest.at))
	}
}

// extreme is the tray with the greatest number of those offered, if one is greater
// than what it begins with.
type extreme struct {
	at   int
	tray *driver.Tray
}

func (e *extreme) offer(n int, t *driver.Tray) {
	if n > e.at {
		*e = extreme{n, t}
	}
}
