// Package blocking carries out what a kernel only does while somebody waits
// for it: reading and writing files, where nothing better can be had. A port's
// calls share a crew of a few goroutines, so that a slow disk costs a bounded
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

// Crew is a port's goroutines for blocking calls. They are started when there
// is something to do, at most so many at a time, and end when there is not.
// All methods may be called from any goroutine.
//
// Locks: a file's, then the crew's. Neither is held during a job.
type Crew struct {
	sink driver.Sink
	wake func() // makes the port's Poll return
	max  int

	mu      sync.Mutex
	jobs    []Job // oldest first
	pending int   // jobs not yet done
	hands   int   // goroutines
	files   map[*File]struct{}
	shut    bool
	running sync.WaitGroup
}

// Host is a driver.Port that has a crew.
type Host interface{ Crew() *Crew }

// NewCrew makes the crew of the port whose sink and Wake are given.
func NewCrew(sink driver.Sink, wake func()) *Crew {
	return &Crew{sink: sink, wake: wake, max: max(4, 2*runtime.GOMAXPROCS(0)), files: make(map[*File]struct{})}
}

// Do has a job done, after those that came before it have been begun.
func (c *Crew) Do(j Job) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jobs = append(c.jobs, j)
	c.pending++
	if c.hands < c.max {
		c.hands++
		c.running.Go(c.run)
	}
}

func (c *Crew) run() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.jobs) > 0 {
		j := c.jobs[0]
		c.jobs[0] = nil
		c.jobs = c.jobs[1:]
		c.mu.Unlock()
		j.Do()
		c.mu.Lock()
		c.pending--
		if c.shut {
			c.wake() // whoever closes the port waits for InFlight to fall
		}
	}
	c.jobs = nil // it points into an array of which nothing is left
	c.hands--
}

// InFlight is the number of jobs not yet done.
func (c *Crew) InFlight() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pending
}

// Shut closes the files. It doesn't wait for calls under way.
func (c *Crew) Shut() {
	c.mu.Lock()
	c.shut = true
	files := c.files
	c.files = nil
	c.mu.Unlock()
	for f := range files {
		f.Close()
	}
}

// Wait waits for the goroutines to end, after Shut.
func (c *Crew) Wait() { c.running.Wait() }

func (c *Crew) add(f *File) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shut {
		return net.ErrClosed
	}
	c.files[f] = struct{}{}
	return nil
}

func (c *Crew) remove(f *File) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.files, f)
}
