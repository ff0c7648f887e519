//go:build linux || darwin || freebsd

package readiness

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"iocp/internal/driver"
)

// bound is how long a test may wait for something, all in all.
const bound = 30 * time.Second

// bench is an open port with a sink that remembers who was told what.
type bench struct {
	*testing.T
	port     *Port
	deadline time.Time

	nonempty atomic.Int32
	backlog  atomic.Bool
	deferred atomic.Bool

	mu      sync.Mutex
	byLocal map[*driver.LocalQueue]*poller
	told    map[*driver.Op][]*poller
}

func newBench(t *testing.T, exec Exec) *bench {
	t.Helper()
	b := &bench{T: t, deadline: time.Now().Add(bound), byLocal: map[*driver.LocalQueue]*poller{}, told: map[*driver.Op][]*poller{}}
	port, err := Open(driver.Config{Pool: driver.NewPool(64, 1024, 16)}, b, system(), exec)
	b.must(err)
	b.port = port.(*Port)
	t.Cleanup(func() {
		port.Shut()
		b.must(port.Close())
	})
	return b
}

func (b *bench) must(err error) {
	if b.Helper(); err != nil {
		b.Fatal(err)
	}
}

// Complete implements driver.Sink.
func (b *bench) Complete(op *driver.Op, _ *driver.Order, local *driver.LocalQueue) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.told[op] = append(b.told[op], b.byLocal[local])
}

// Backlog implements driver.Sink.
func (b *bench) Backlog() bool { return b.backlog.Load() }

// Deferred implements driver.Sink.
func (b *bench) Deferred() { b.deferred.Store(true) }

// until waits for something that other goroutines bring about.
func (b *bench) until(what string, is func() bool) {
	b.Helper()
	for !is() {
		if time.Now().After(b.deadline) {
			b.Fatalf("in vain: %s", what)
		}
		time.Sleep(20 * time.Microsecond) // who brings it about needs a processor
	}
}

// newPoller makes the poller of one more worker.
func (b *bench) newPoller() *poller {
	b.mu.Lock()
	defer b.mu.Unlock()
	local := driver.NewLocalQueue(uint16(len(b.byLocal)+1), &b.nonempty)
	po := b.port.NewPoller(local).(*poller)
	b.byLocal[local] = po
	return po
}

// number is that of the set that it owns, from 1; 0 if it owns none.
func (po *poller) number() int {
	if s := po.owned.Load(); s != nil {
		return s.index + 1
	}
	return 0
}

// join makes workers that hold a set each; the first holds the main one.
func (b *bench) join(n int) []*poller {
	b.Helper()
	pollers := make([]*poller, n)
	for i := range pollers {
		pollers[i] = b.newPoller()
		if b.poll(pollers[i]); pollers[i].number() == 0 {
			b.Fatalf("worker %d has polled and holds no set", i)
		}
	}
	return pollers
}

// poll polls as somebody does who means to wait, but not for long.
func (b *bench) poll(po *poller) { b.must(po.Poll(time.Nanosecond)) }

// look polls without waiting.
func (b *bench) look(po *poller) { b.must(po.Poll(0)) }

// waits waits until a poller's owner does so in the kernel, or is just about to.
func (b *bench) waits(po *poller) {
	b.Helper()
	before := po.Idle()
	b.until("a worker waits in the kernel", func() bool { return po.Idle() > before })
}

// block has a poller's owner poll once, until he is woken, and returns when he
// waits.
func (b *bench) block(po *poller) (returned <-chan error) {
	c := make(chan error, 1)
	before := po.Idle()
	go func() { c <- po.Poll(-1) }()
	b.until("a worker waits in the kernel", func() bool { return len(c) > 0 || po.Idle() > before })
	return c
}

// attend has a poller's owner poll until the test is over, and returns when he
// waits.
func (b *bench) attend(po *poller) {
	var over atomic.Bool
	var done sync.WaitGroup
	done.Go(func() {
		for !over.Load() {
			if err := po.Poll(-1); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.Cleanup(func() {
		over.Store(true)
		po.Wake()
		done.Wait()
	})
	b.waits(po)
}
