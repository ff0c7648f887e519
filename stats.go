package iocp

// Stats is a snapshot of a port.
type Stats struct {
	Backend string   // the backend in use
	Passed  []Passed // the backends tried before it, in order, and why not
	Note    string   // a remark of the backend, such as a degraded mode

	Concurrency int // at most so many workers run
	Workers     int // open workers
	Active      int // of these, so many may handle packets or poll the kernel now
	Waiting     int // of these, inside Wait
	Running     int // of these, handling packets
	Stalled     int // of the running, silent for longer than expected

	Excess uint64 // how often one was released only because of StallAfter

	Queued   int // packets not yet dequeued
	InFlight int // operations from submit to dequeue, the queued included

	Submitted uint64 // operations accepted since New, posts included
	Completed uint64 // packets queued since New

	BuffersOut int // pooled buffers not yet released

	// Sockets with a RecvPooled that waits for a buffer. A backend may ask for
	// one before it knows that there is data; a socket whose waiting receive was
	// cancelled may count until it releases a buffer or is closed.
	SocketsHeldByCredit int // until they release one of their own: see Config.BufferCredit
	SocketsHeldByPool   int // until somebody releases one: see Config.BuffersMax

	AcceptsHeld   int    // standing accepts that can't go on for now: see AcceptMany
	AcceptsFailed uint64 // accepts of standing ones that failed, and are tried again
}

// Passed is a backend that New tried and couldn't have.
type Passed struct {
	Backend string // its name
	Reason  string // the error's text: the cause and, where there is one, the remedy
}

// Stats reads the port's state. Any goroutine may call it; it takes the
// port's lock for a moment.
func (p *Port) Stats() Stats {
	e := p.engine.Stats()
	credit, pool := p.pool.Held()
	return Stats{
		Backend:     p.backend,
		Passed:      p.passed,
		Note:        p.drv.Note(),
		Concurrency: e.Concurrency,
		Workers:     e.Workers,
		Active:      e.Active,
		Waiting:     e.Waiting,
		Running:     e.Running,
		Stalled:     e.Stalled,
		Excess:      e.Excess,
		Queued:      e.Queued,
		InFlight:    e.InFlight,
		Submitted:   e.Submitted,
		Completed:   e.Completed,
		BuffersOut:  p.pool.Out(),

		SocketsHeldByCredit: credit,
		SocketsHeldByPool:   pool,

		AcceptsHeld:   int(p.accepts.Held.Load()),
		AcceptsFailed: p.accepts.Failed.Load(),
	}
}
