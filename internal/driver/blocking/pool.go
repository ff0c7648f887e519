// Package blocking carries out what a kernel only does while somebody waits
// for it: reading and writing files, where nothing better can be had. A port's
// calls share a pool of a few goroutines, so that a slow disk costs a bounded
// number of threads however many operations wait for it.
package blocking

import (
	"net"
	"runtime"
	"sync"

	"iocp/internal/driver"
)

// Job is something that may block.
type Job interface {
	// Do carries the job out, without any lock.
	Do()
}

// Pool is a port's goroutines for blocking calls. They are started when there
// is something to do, at most so many at a time, and end when there is not.
// All methods may be called from any goroutine.
//
// Locks: a file's, then the pool's. Neither is held during a job.
type Pool struct {
	sink driver.Sink
	wake func() // makes the port's Poll return
	max  int

	mu         sync.Mutex
	jobs       []Job // oldest first
	pending    int   // jobs not yet done
	goroutines int
	files      map[*File]struct{}
	shut       bool
	running    sync.WaitGroup
}

// Host is a driver.Port that has a pool.
type Host interface{ Threads() *Pool }

// NewPool makes the pool of the port whose sink and Wake are given.
func NewPool(sink driver.Sink, wake func()) *Pool {
	return &Pool{sink: sink, wake: wake, max: max(4, 2*runtime.GOMAXPROCS(0)), files: make(map[*File]struct{})}
}

// Do has a job done, after those that came before it have been begun.
func (p *Pool) Do(j Job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.jobs = append(p.jobs, j)
	p.pending++
	if p.goroutines < p.max {
		p.goroutines++
		p.running.Go(p.run)
	}
}

func (p *Pool) run() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.jobs) > 0 {
		j := p.jobs[0]
		p.jobs[0] = nil
		p.jobs = p.jobs[1:]
		p.mu.Unlock()
		j.Do()
		p.mu.Lock()
		p.pending--
		if p.shut {
			p.wake() // whoever closes the port waits for InFlight to fall
		}
	}
	p.jobs = nil // it points into an array of which nothing is left
	p.goroutines--
}

// InFlight is the number of jobs not yet done.
func (p *Pool) InFlight() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pending
}

// Shut closes the files. It doesn't wait for calls under way.
func (p *Pool) Shut() {
	p.mu.Lock()
	p.shut = true
	files := p.files
	p.files = nil
	p.mu.Unlock()
	for f := range files {
		f.Close()
	}
}

// Wait waits for the goroutines to end, after Shut.
func (p *Pool) Wait() { p.running.Wait() }

func (p *Pool) add(f *File) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shut {
		return net.ErrClosed
	}
	p.files[f] = struct{}{}
	return nil
}

func (p *Pool) remove(f *File) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.files, f)
}
