package sim_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"iocp/internal/driver"
	"iocp/internal/driver/sim"
)

// A queue is the sink of a port under test.
type queue struct{ ops []*driver.Op }

func (q *queue) Complete(op *driver.Op, _ *driver.Order, _ *driver.LocalQueue) {
	q.ops = append(q.ops, op)
}
func (q *queue) Backlog() bool { return false }
func (q *queue) Deferred()     {}

// rig is a port, and what is connected on it.
type rig struct {
	*testing.T
	port driver.Port
	done queue
}

func newRig(t *testing.T, variant string) *rig {
	r := &rig{T: t}
	var err error
	r.port, err = sim.Backend{}.Variant(variant).Open(driver.Config{Pool: driver.NewPool(1<<10, 64, 4)}, &r.done)
	r.must(err)
	t.Cleanup(func() {
		r.port.Shut()
		for r.port.InFlight() > 0 {
			r.must(r.port.Poll(0))
		}
		r.must(r.port.Close())
	})
	return r
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// next polls until an operation is over.
func (r *rig) next() *driver.Op {
	r.Helper()
	for len(r.done.ops) == 0 {
		r.must(r.port.Poll(10 * time.Second))
	}
	op := r.done.ops[0]
	r.done.ops = r.done.ops[1:]
	return op
}

func (r *rig) listen() driver.Listener {
	r.Helper()
	l, err := r.port.Listen(netip.MustParseAddrPort("127.0.0.1:0"), driver.ListenOptions{})
	r.must(err)
	r.must(l.Attach(r.port))
	return l
}

// pair connects two streams. Rough networks may need several calls.
func (r *rig) pair() (caller, called driver.Stream) {
	r.Helper()
	l := r.listen()
	defer l.Close()
	caller, err := r.port.NewStream(false)
	r.must(err)
	r.must(caller.Attach(r.port))
	for connected := false; !connected; {
		op := driver.Op{Kind: driver.KindConnect}
		if caller.Connect(&op, l.LocalAddr()) == nil {
			connected = r.next().Err == nil
		}
	}
	called, err = l.TryAccept()
	r.must(err)
	r.must(called.Attach(r.port))
	return caller, called
}

func transfer(kind driver.Kind, buf []byte) *driver.Op {
	op := &driver.Op{Kind: kind}
	op.SetOneBuf(buf)
	return op
}

// play has one goroutine do what the generator says, on several connections,
// and writes down what comes of it.
func play(t *testing.T, variant string) string {
	r := newRig(t, variant)
	var ends []driver.Stream
	for range 4 {
		a, b := r.pair()
		ends = append(ends, a, b)
	}
	var trace strings.Builder
	names := map[*driver.Op]int{}
	rng := rand.New(rand.NewPCG(1, 2))
	var last *driver.Op
	for i := range 500 {
		s := ends[rng.IntN(len(ends))]
		op := transfer(driver.KindRecv, make([]byte, rng.IntN(3000)))
		start := s.Recv
		if rng.IntN(2) == 0 {
			op.Kind, start = driver.KindSend, s.Send
		}
		names[op] = i
		if err := start(op); err != nil {
			fmt.Fprintln(&trace, i, "refused", err)
		} else if last = op; rng.IntN(4) == 0 {
			fmt.Fprintln(&trace, i, "cancelled", s.Cancel(last))
		}
		r.must(r.port.Poll(0))
		for _, o := range r.done.ops {
			fmt.Fprintln(&trace, names[o], o.N, o.Err)
		}
		r.done.ops = nil
	}
	return trace.String()
}

func TestSeedReplays(t *testing.T) {
	for _, variant := range []string{"7", "7:rough", "8:rough"} {
		if first, second := play(t, variant+"/first"), play(t, variant+"/second"); first != second {
			t.Errorf("%s: two runs differ", variant)
		}
	}
	if play(t, "7:rough/apart") == play(t, "8:rough/apart") {
		t.Error("two seeds don't differ")
	}
}

func TestRoughNetworkIsRough(t *testing.T) {
	want := []string{"refused", driver.ErrReset.Error(), "no buffer space", "cancelled true"}
	for seed := 1; len(want) > 0; seed++ {
		if seed > 100 {
			t.Fatalf("never met: %q", want)
		}
		trace := play(t, fmt.Sprintf("%d:rough", seed))
		want = slices.DeleteFunc(want, func(w string) bool { return strings.Contains(trace, w) })
	}
}

// A cancel that comes while the transfer is under way may be too late.
func TestLateCancel(t *testing.T) {
	met := map[bool]bool{}
	for seed := range 100 {
		r := newRig(t, fmt.Sprint(seed, "/late"))
		a, b := r.pair()
		r.must(a.Send(transfer(driver.KindSend, []byte("abc"))))
		r.next()
		op := transfer(driver.KindRecv, make([]byte, 8))
		r.must(b.Recv(op))
		for r.port.InFlight() == 0 && len(r.done.ops) == 0 {
			r.must(r.port.Poll(0))
		}
		if !b.Cancel(op) {
			continue
		}
		switch r.next(); {
		case op.Err == nil && op.N == 3:
			met[true] = true
		case errors.Is(op.Err, driver.ErrAborted) && op.N == 0:
			met[false] = true
		default:
			t.Fatalf("a cancelled receive ended with %d bytes and %v", op.N, op.Err)
		}
	}
	if !met[true] || !met[false] {
		t.Errorf("too late or in time: met %v, want both", met)
	}
}

func TestVariants(t *testing.T) {
	for _, variant := range []string{"x", "1:calm", "-1", "1:rough:more", "1:no-", "1:no-udp:no-what"} {
		if _, err := (sim.Backend{}).Variant(variant).Open(driver.Config{}, &queue{}); err == nil || !strings.Contains(err.Error(), "sim:SEED") {
			t.Errorf("%s: error %v, want one that says how", variant, err)
		}
	}
	b, ok := driver.Lookup("sim:7:rough/here")
	if !ok || b.Name() != "sim:7:rough/here" {
		t.Errorf("Lookup found %v, %v", b, ok)
	}
	if _, ok := driver.Lookup("sim:"); ok {
		t.Error("Lookup found a variant without a name")
	}
}

func TestNetworksAreApart(t *testing.T) {
	here, there := newRig(t, "1/here"), newRig(t, "1/there")
	s, err := here.port.NewStream(false)
	here.must(err)
	if err := s.Attach(there.port); !errors.Is(err, driver.ErrInvalid) {
		t.Errorf("attaching to a port of another network: %v", err)
	}
}
