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

	laden    atomic.Int32
	trays    uint16
	backlog  atomic.Bool
	deferred atomic.Bool

	mu   sync.Mutex
	told map[*driver.Op][]*driver.Tray
}

func newBench(t *testing.T, exec Exec) *bench {
	t.Helper()
	b := &bench{T: t, deadline: time.Now().Add(bound), told: map[*driver.Op][]*driver.Tray{}}
	port, err := Open(driver.Config{Pool: driver.NewPool(64, 1024, 16)}, b, exec)
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
func (b *bench) Complete(op *driver.Op, _ bool) { b.Deliver(op, nil, nil) }

// Deliver implements driver.Sink.
func (b *bench) Deliver(op *driver.Op, _ *driver.Order, tray *driver.Tray) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.told[op] = append(b.told[op], tray)
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

// tray makes the tray of one more worker.
func (b *bench) tray() *driver.Tray {
	b.trays++
	return driver.NewTray(b.trays, &b.laden)
}

// join makes workers that hold a set each; the first holds the main one.
func (b *bench) join(n int) []*driver.Tray {
	b.Helper()
	trays := make([]*driver.Tray, n)
	for i := range trays {
		trays[i] = b.tray()
		if b.poll(trays[i]); trays[i].Seat() == 0 {
			b.Fatalf("worker %d has polled and holds no set", i)
		}
	}
	return trays
}

// poll polls as somebody does who means to wait, but not for long.
func (b *bench) poll(tray *driver.Tray) { b.must(b.port.PollFor(tray, time.Nanosecond)) }

// look polls without waiting.
func (b *bench) look(tray *driver.Tray) { b.must(b.port.PollFor(tray, 0)) }

// waits waits until a tray's owner does so in the kernel, or is just about to.
func (b *bench) waits(tray *driver.Tray) {
	b.Helper()
	before := tray.Idle()
	b.until("a worker waits in the kernel", func() bool { return tray.Idle() > before })
}

// block has a tray's owner poll once, until he is woken, and returns when he
// waits.
func (b *bench) block(tray *driver.Tray) (returned <-chan error) {
	c := make(chan error, 1)
	before := tray.Idle()
	go func() { c <- b.port.PollFor(tray, -1) }()
	b.until("a worker waits in the kernel", func() bool { return len(c) > 0 || tray.Idle() > before })
	return c
}

// attend has a tray's owner poll until the test is over, and returns when he
// waits.
func (b *bench) attend(tray *driver.Tray) {
	var over atomic.Bool
	var done sync.WaitGroup
	done.Go(func() {
		for !over.Load() {
			if err := b.port.PollFor(tray, -1); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.Cleanup(func() {
		over.Store(true)
		b.port.WakeFor(tray)
		done.Wait()
	})
	b.waits(tray)
}
