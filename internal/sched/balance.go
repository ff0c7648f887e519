package sched

// someIdleTime is how much idle time a worker has, in percent, that could do
// more.
const someIdleTime = 10

// Balance finds out which worker is to give sockets to which. The zero value
// knows of no worker.
//
// The busiest gives to the one with the most time left over. If nobody has any,
// they are to have equally many sockets to serve: those of a worker that has fewer
// would be served more often.
type Balance struct {
	busiest, idlest extreme // by idle time
	most, fewest    extreme // by sockets with something to do
}

// Offer tells of a worker that polls: its number, its idle time in percent, and
// how many sockets it has found something for of late; negative if that isn't
// known.
func (b *Balance) Offer(worker, idle, sockets int) {
	if idle <= noneIdle {
		b.busiest.offer(-idle, worker)
	}
	if idle >= someIdleTime {
		b.idlest.offer(idle, worker)
	}
	if sockets >= 0 {
		b.most.offer(sockets, worker)
		b.fewest.offer(-sockets, worker)
	}
}

// Shift answers what percentage of one worker's sockets goes to another; 0 for
// none.
func (b *Balance) Shift() (from, to, percent int) {
	if !b.busiest.known {
		return 0, 0, 0
	}
	if b.idlest.known {
		return b.busiest.worker, b.idlest.worker, max(b.idlest.of/4, 1)
	}
	most, fewest := b.most.of, -b.fewest.of
	if more := most - fewest; more > most/8+1 {
		return b.most.worker, b.fewest.worker, 50 * more / (most + fewest)
	}
	return 0, 0, 0
}

// extreme is the worker with the greatest number of those offered, the first of
// them if there are several.
type extreme struct {
	known      bool
	of, worker int
}

func (e *extreme) offer(of, worker int) {
	if !e.known || of > e.of {
		*e = extreme{true, of, worker}
	}
}
