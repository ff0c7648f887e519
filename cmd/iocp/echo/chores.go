package echo

import (
	"time"

	"iocp"
)

// batchDefault is how many packets a worker takes at a time.
const batchDefault = 64

// Chores say what the server on the bare port does with what it receives. The
// zero value sends it back, and no more.
type Chores struct {
	Batch int // packets that a worker takes at a time; 0: 64

	// Work and Block stand for what a server does with a message besides
	// sending it back: keeping a CPU busy, and waiting for somebody else,
	// which it announces by Worker.Blocking.
	Work, Block time.Duration
	Message     int // bytes in a message, of which a receive may bring several; 0: as many as it brings
}

func (c *Chores) batch() int {
	if c.Batch == 0 {
		return batchDefault
	}
	return c.Batch
}

// chores are those of a server that runs.
type chores struct {
	Chores
	perMicro float64 // turns of spin in a microsecond
}

func newChores(c Chores) *chores {
	if c.Work == 0 {
		return &chores{c, 0}
	}
	return &chores{c, calibrate()}
}

// do takes as long as n received bytes call for.
func (c *chores) do(w *iocp.Worker, n int) {
	messages := 1.0
	if c.Message > 0 {
		messages = float64(n) / float64(c.Message)
	}
	if c.Work > 0 {
		_ = spin(int(c.perMicro * messages * float64(c.Work) / float64(time.Microsecond)))
	}
	if c.Block > 0 {
		w.Blocking(func() { time.Sleep(time.Duration(messages * float64(c.Block))) })
	}
}

// calibrateMin is long against the steps in which clocks may go: 15.6 ms on
// Windows.
const calibrateMin = 60 * time.Millisecond

// calibrate finds how fast this machine spins, in turns a microsecond: the best
// of a few tries, as the others were disturbed. A clock instead would count the
// time in which another thread has the CPU as work.
func calibrate() (best float64) {
	turns := 1 << 20
	for tries := 3; tries > 0; {
		begun := time.Now()
		_ = spin(turns)
		took := time.Since(begun)
		if took < calibrateMin {
			turns *= 2
			continue
		}
		tries--
		best = max(best, float64(turns)/(float64(took)/float64(time.Microsecond)))
	}
	return best
}

// spin can't be done in advance: each turn needs the last one's outcome.
//
//go:noinline
func spin(turns int) uint64 {
	x := uint64(turns) | 1
	for range turns {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}
