package blocking_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"iocp/internal/driver"
	"iocp/internal/driver/blocking"
)

// bound is how long a test waits for anything.
const bound = 20 * time.Second

// A host is a port of which only the pool is asked for. It collects what is
// completed.
type host struct {
	driver.Port
	driver.Sink
	threads *blocking.Pool
	ended   chan *driver.Op
	woken   chan struct{}
}

func newHost() *host {
	h := &host{ended: make(chan *driver.Op, 1000), woken: make(chan struct{}, 1)}
	h.threads = blocking.NewPool(h, func() {
		select {
		case h.woken <- struct{}{}:
		default:
		}
	})
	return h
}

func (h *host) Threads() *blocking.Pool { return h.threads }

func (h *host) Complete(op *driver.Op, _ *driver.Order, _ *driver.LocalQueue) { h.ended <- op }

func (h *host) next(t *testing.T) *driver.Op {
	t.Helper()
	return receive(t, h.ended, "a completion")
}

func receive[V any](t *testing.T, c chan V, what string) V {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(bound):
		t.Fatalf("no %s within %v", what, bound)
		panic("unreachable")
	}
}

// A plug is a job that takes until its channel is closed.
type plug struct {
	begun *atomic.Int32
	began chan struct{}
	until chan struct{}
}

func (p plug) Do() {
	p.begun.Add(1)
	p.began <- struct{}{}
	<-p.until
}

// occupy gives every goroutine of the pool something to do, and returns what
// ends that. There are more plugs than goroutines, so that the count shows the
// bound.
func occupy(t *testing.T, c *blocking.Pool) (begun *atomic.Int32, release func()) {
	t.Helper()
	const plugs = 1000
	p := plug{begun: new(atomic.Int32), began: make(chan struct{}, plugs), until: make(chan struct{})}
	for range plugs {
		c.Do(p)
	}
	for range 4 { // there are never fewer
		receive(t, p.began, "goroutine")
	}
	return p.begun, func() { close(p.until) }
}

func openFile(t *testing.T, h *host) *blocking.File {
	t.Helper()
	f, err := blocking.Open(filepath.Join(t.TempDir(), "file"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := f.Attach(h); err != nil {
		t.Fatal(err)
	}
	return f
}

func write(t *testing.T, f *blocking.File) *driver.Op {
	t.Helper()
	op := &driver.Op{Kind: driver.KindWriteAt}
	op.SetOneBuf([]byte("data"))
	if err := f.WriteAt(op); err != nil {
		t.Fatal(err)
	}
	return op
}

func TestPoolIsBounded(t *testing.T) {
	h := newHost()
	begun, release := occupy(t, h.threads)
	if n := begun.Load(); n >= 500 {
		t.Errorf("%d jobs are being done at a time", n)
	}
	release()
	h.threads.Shut()
	h.threads.Wait()
	if n := h.threads.InFlight(); n != 0 || begun.Load() != 1000 {
		t.Errorf("%d jobs left and %d done, want 0 and 1000", n, begun.Load())
	}
}

// What waits behind other jobs can be given up, and only that.
func TestQueuedOperationsAreGivenUp(t *testing.T) {
	h := newHost()
	_, release := occupy(t, h.threads)
	f := openFile(t, h)
	first, second, third := write(t, f), write(t, f), write(t, f)
	if !f.Cancel(second) || f.Cancel(second) {
		t.Fatal("a waiting operation wasn't found exactly once")
	}
	if op := h.next(t); op != second || !errors.Is(op.Err, driver.ErrAborted) || op.N != 0 {
		t.Fatalf("cancelled: got %p with %d and %v, want %p", op, op.N, op.Err, second)
	}
	if n := f.CancelAll(); n != 2 {
		t.Fatalf("CancelAll found %d operations, want 2", n)
	}
	for _, want := range []*driver.Op{first, third} {
		if op := h.next(t); op != want || !errors.Is(op.Err, driver.ErrAborted) {
			t.Fatalf("cancelled: got %p with %v, want %p", op, op.Err, want)
		}
	}
	last := write(t, f)
	f.Close()
	if op := h.next(t); op != last || op.Err != net.ErrClosed {
		t.Fatalf("closed: got %p with %v, want %p", op, op.Err, last)
	}
	release()
	h.threads.Shut()
	h.threads.Wait()
	if len(h.ended) != 0 {
		t.Errorf("%d further completions", len(h.ended))
	}
}

// Shut closes the files, and from then on the port hears of every job's end.
func TestShut(t *testing.T) {
	h := newHost()
	f := openFile(t, h)
	for range 10 {
		write(t, f)
		if op := h.next(t); op.N != 4 || op.Err != nil {
			t.Fatalf("wrote %d bytes with error %v", op.N, op.Err)
		}
	}
	_, release := occupy(t, h.threads)
	pending := write(t, f)
	h.threads.Shut()
	if op := h.next(t); op != pending || op.Err != net.ErrClosed {
		t.Fatalf("got %p with %v, want %p", op, op.Err, pending)
	}
	if err := f.WriteAt(new(driver.Op)); err != net.ErrClosed {
		t.Errorf("a write after Shut: %v", err)
	}
	release()
	receive(t, h.woken, "wake-up")
	h.threads.Wait()
	g, err := blocking.Open(f.OS().Name(), os.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if err := g.Attach(h); err != net.ErrClosed {
		t.Errorf("attached after Shut: %v", err)
	}
}

func TestErrorClasses(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name string
		flag int
		want error
	}{
		{"none", os.O_RDONLY, os.ErrNotExist},
		{".", os.O_RDWR | os.O_CREATE | os.O_EXCL, os.ErrExist},
		{"none/none", os.O_RDONLY, os.ErrNotExist},
	} {
		_, err := blocking.Open(filepath.Join(dir, c.name), c.flag, 0o600)
		var sys *driver.SysError
		if !errors.Is(err, c.want) || !errors.As(err, &sys) {
			t.Errorf("opening %q with %x: %v, want a SysError of class %v", c.name, c.flag, err, c.want)
		}
	}
}
