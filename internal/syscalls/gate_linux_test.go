//go:build race

package syscalls

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"iocp"
	"iocp/internal/sys/calls"
)

// cost is how many system calls of each kind were made, or may be made for each
// message, which is two operations: a receive and a send.
type cost [6]float64

const (
	wait    = calls.Wait
	control = calls.Control
	signal  = calls.Signal
	recv    = calls.Recv
	send    = calls.Send
	enter   = calls.Enter
)

var kinds = [...]string{"epoll_pwait", "epoll_ctl", "eventfd write", "recv", "send", "io_uring_enter"}

func made() (c cost) {
	for i := range c {
		c[i] = float64(calls.Made(calls.Call(i)))
	}
	return c
}

// per is what was made since an earlier count, for each of n.
func (c cost) per(n int, since cost) cost {
	for i := range c {
		c[i] = (c[i] - since[i]) / float64(n)
	}
	return c
}

func (c cost) sum() (total float64) {
	for _, n := range c {
		total += n
	}
	return total
}

func (c cost) String() string {
	var told []string
	for i, n := range c {
		told = append(told, fmt.Sprintf("%s %.4f", kinds[i], n))
	}
	return fmt.Sprintf("%s: %.4f for each operation", strings.Join(told, ", "), c.sum()/2)
}

// slack is for what comes now and then, such as the tick that sends off what
// was held back, and for messages that come late.
const slack = 0.01

// gates is what a message may cost. Where all messages are there before the
// worker looks, the counts are exact but for that tick. Where the worker waits
// for each message, it looks without waiting first: twice into the kernel.
//
// The ring carries out four transfers or more, so few connections cost the same
// on both. One call gets 256 events and one 128 transfers, but not more than 64
// sends are held back. A worker that takes one packet at a time looks into
// the kernel after every 64.
var gates = []struct {
	backend      string
	conns, batch int
	waiting      bool
	most         cost    // for each message
	perOp        float64 // for each operation, all kinds together; 0 if there is no target
}{
	{"uring", 1, 1, false, cost{wait: 1, recv: 1, send: 1}, 0},
	{"uring", 1, 1, true, cost{wait: 2, recv: 1, send: 1}, 0},
	// A batch that the watch starts while a worker is in another takes a few calls
	// more, and makes sends by plain ones: that happens in a checked build, which
	// is slow enough for the watch to step in.
	{"uring", 8, 1, false, cost{wait: 0.14, send: 0.06, enter: 0.26}, 0},
	{"uring", 1000, 1, false, cost{wait: 0.035, send: 0.06, enter: 0.12}, 0.1},
	{"uring", 1000, 64, false, cost{wait: 0.01, send: 0.06, enter: 0.12}, 0.1},
	{"epoll", 1, 1, false, cost{wait: 1, recv: 1, send: 1}, 0},
	{"epoll", 1, 1, true, cost{wait: 2, recv: 1, send: 1}, 0},
	{"epoll", 1000, 1, false, cost{wait: 0.035, recv: 1, send: 1}, 1.03},
	{"epoll", 1000, 64, false, cost{wait: 0.01, recv: 1, send: 1}, 1.01},
}

func TestCallsPerOperation(t *testing.T) {
	for _, g := range gates {
		how := "ready"
		if g.waiting {
			how = "waiting"
		}
		t.Run(fmt.Sprintf("%s/conns=%d/batch=%d/%s", g.backend, g.conns, g.batch, how), func(t *testing.T) {
			require(t, g.backend)
			e, p := newEcho(t, g.backend, g.conns, g.batch)
			got := e.cheapest(p, g.waiting)
			t.Log(got)
			for i, n := range got {
				if n > g.most[i]+slack {
					t.Errorf("%s: %.4f for each message, over %.4f", kinds[i], n, g.most[i])
				}
			}
			if n := got.sum() / 2; g.perOp > 0 && n >= g.perOp {
				t.Errorf("%.4f system calls for each operation, not below %v", n, g.perOp)
			}
		})
	}
}

// require skips the test on a machine without the backend, unless IOCP_REQUIRE
// names it.
func require(t *testing.T, backend string) {
	t.Helper()
	switch err := iocp.Probe(backend); {
	case err == nil:
	case slices.Contains(strings.Split(os.Getenv("IOCP_REQUIRE"), ","), backend):
		t.Fatalf("IOCP_REQUIRE lists %s: %v", backend, err)
	default:
		t.Skipf("capability: %v", err)
	}
}

const (
	blocks   = 5
	blockLen = 1000 // messages, at least
)

// cheapest counts in blocks of messages, after one to get used to it, and gives
// the cheapest. What costs every message something shows in all of them; what
// the machine's other work brings about, in some.
func (e *echo) cheapest(p *peer, waiting bool) (least cost) {
	e.t.Helper()
	for i := range 1 + blocks {
		before, answered := made(), e.answered
		for e.answered < answered+blockLen {
			e.round(p, waiting)
		}
		got := made().per(e.answered-answered, before)
		if i <= 1 || got.sum() < least.sum() {
			least = got
		}
	}
	return least
}
