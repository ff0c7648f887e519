package dispatch

// Stats is a snapshot of an engine.
type Stats struct {
	Concurrency int
	Workers     int    // open
	Active      int    // of these, as many as help may be busy or poll
	Waiting     int    // of these, inside Wait
	Running     int    // of these, handling packets
	Stalled     int    // of the running, silent for longer than expected
	Excess      uint64 // releases only because somebody was silent for too long

	Queued    int    // packets not yet dequeued
	InFlight  int    // operations from Admit to dequeue
	Submitted uint64 // operations admitted
	Completed uint64 // packets ever queued
}

// Stats reads the engine's state. It takes the lock for a moment.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	return Stats{
		Concurrency: e.sched.Cap(),
		Workers:     len(e.workers),
		Active:      e.sched.Active(),
		Waiting:     e.sched.Waiting(),
		Running:     e.sched.Running(),
		Stalled:     e.sched.Stalled(),
		Excess:      e.sched.Excess(),
		Queued:      e.queued(),
		InFlight:    e.inFlight(),
		Submitted:   uint64(e.admitted.Load()),
		Completed:   e.total(),
	}
}
