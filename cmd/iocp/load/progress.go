package load

import (
	"fmt"
	"time"
)

// progressEvery is how often a run tells how far it is.
const progressEvery = 500 * time.Millisecond

// Progress is how far a run is.
type Progress struct {
	Connected int           // connections made so far, before the run proper
	Conns     int           // of these
	Elapsed   time.Duration // warm-up included
	Whole     time.Duration
	Counted   int64 // messages since the warm-up, or what else the scenario counts
	Errors    int64
	Unit      string // what is counted
}

// String is one line for people.
func (p Progress) String() string {
	if p.Whole == 0 {
		return fmt.Sprintf("%d of %d connections made", p.Connected, p.Conns)
	}
	text := fmt.Sprintf("%.0f of %.0f s, %d %s so far", p.Elapsed.Seconds(), p.Whole.Seconds(), p.Counted, unitsOf(p.Unit))
	if p.Errors > 0 {
		text += fmt.Sprintf(", %d errors", p.Errors)
	}
	return text
}

func unitsOf(unit string) string {
	if unit == "delivery" {
		return "deliveries"
	}
	return unit + "s"
}

// progress tells how far the measuring is.
func (r *run) progress() {
	if r.cfg.Progress == nil {
		return
	}
	begin := r.from - r.cfg.Warmup
	p := Progress{
		Connected: r.cfg.Conns, Conns: r.cfg.Conns, Unit: r.kind.unit,
		Elapsed: min(r.now(), r.end()) - begin, Whole: r.end() - begin,
	}
	for _, w := range r.workers {
		p.Counted += w.seen.Load()
		p.Errors += w.failed.Load()
	}
	r.cfg.Progress(p)
}

// connecting tells how many connections there are. Workers take turns in
// making them.
func (r *run) connecting() {
	if r.cfg.Progress == nil || r.now()-r.reported < progressEvery {
		return
	}
	r.reported = r.now()
	made := 0
	for _, w := range r.workers {
		made += w.alive
	}
	r.cfg.Progress(Progress{Connected: made, Conns: r.cfg.Conns, Unit: r.kind.unit})
}
