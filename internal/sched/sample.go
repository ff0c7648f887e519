package sched

import "math"

// Period is what happened from one review to the next.
type Period struct {
	Time int64 // how long it was, in nanoseconds
	Done int   // packets that were handled

	// Idle is for how long workers have waited in the kernel, CPU what all threads
	// of the process got of the CPUs, both in percent of Time: with 150 one and a half
	// did so all the time. CPU is negative where it isn't known.
	Idle, CPU int
}

// sample is what some periods were like, added up.
type sample struct {
	time, done   float64 // in milliseconds; packets
	idle         float64 // milliseconds
	cpu, cpuTime float64 // milliseconds, of the periods for which it is known

	// For the error: how many blocks of periods there were, and sums of products
	// over them.
	blocks, timeTime, timeDone, doneDone float64
	open                                 struct{ time, done float64 } // the block that isn't full
}

// ms is how long the period was, in milliseconds.
func (p Period) ms() float64 { return float64(p.Time) / 1e6 }

// add takes a period in, as part of a block of so many milliseconds.
func (s *sample) add(p Period, block float64) {
	t, d := p.ms(), float64(p.Done)
	s.time += t
	s.done += d
	s.idle += float64(p.Idle) / 100 * t
	if p.CPU >= 0 {
		s.cpu += float64(p.CPU) / 100 * t
		s.cpuTime += t
	}
	o := &s.open
	o.time, o.done = o.time+t, o.done+d
	if o.time < block {
		return
	}
	s.blocks++
	s.timeTime += o.time * o.time
	s.timeDone += o.time * o.done
	s.doneDone += o.done * o.done
	o.time, o.done = 0, 0
}

// fade has what was added so far count less than what comes.
func (s *sample) fade(to float64) {
	for _, sum := range []*float64{&s.time, &s.done, &s.idle, &s.cpu, &s.cpuTime, &s.blocks, &s.timeTime, &s.timeDone, &s.doneDone} {
		*sum *= to
	}
}

// idleShare is the idle time in percent of one worker's.
func (s *sample) idleShare() float64 { return 100 * s.idle / max(s.time, tiny) }

// rate is the packets of a millisecond.
func (s *sample) rate() float64 { return (s.done + 1) / max(s.time, tiny) }

const tiny = 1e-9

// got is the share that so many workers had of the CPU time that they wanted; 1
// if that isn't known. Other threads of the process can make it more than 1.
func (s *sample) got(workers int) float64 {
	wanted := float64(workers) - s.idleShare()/100
	if s.cpuTime == 0 || wanted <= 0 {
		return 1
	}
	return s.cpu / s.cpuTime / wanted
}

// variance is that of the logarithm of the rate. Blocks of unequal length are
// weighed by it, as is usual for the ratio of two sums.
func (s *sample) variance() float64 {
	if s.blocks < 2 {
		return 1
	}
	r := s.done / s.time
	squares := s.doneDone - 2*r*s.timeDone + r*r*s.timeTime
	return (squares*s.blocks/(s.blocks-1) + 2) / ((s.done + 1) * (s.done + 1))
}

// over compares the rates of two samples: the logarithm of their ratio, and its
// standard error.
func (s *sample) over(o *sample) (gain, err float64) {
	return math.Log(s.rate() / o.rate()), math.Sqrt(s.variance() + o.variance())
}
