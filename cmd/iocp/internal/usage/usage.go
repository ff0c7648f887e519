// Package usage reads what processes have used: CPU time, memory, descriptors.
package usage

import "time"

// Process is another process on this machine, or this one.
type Process struct {
	cpu func() (time.Duration, error)
	rss func() int64
}

// CPU is the time that all its threads have run for, in the kernel too. A
// process that has ended has no clock any more: 0.
func (p *Process) CPU() time.Duration {
	d, _ := p.cpu()
	return d
}

// RSS is how many bytes of memory it occupies: 0 when that can't be known.
func (p *Process) RSS() int64 { return p.rss() }
