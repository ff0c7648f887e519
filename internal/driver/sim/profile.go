package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"iocp/internal/driver"
)

// profile is which faults a network has (fault injection), and its seed.
type profile struct {
	seed   uint64
	faults []string
}

// The faults that a network may have, several at a time.
const (
	faultRough   = "rough"
	faultFailing = "failing"
	faultFull    = "full"
	faultWithout = "no-" // and what is missing
)

// The parts of the backend that a network may lack. It may also refuse
// operations, by the names of their kinds.
const (
	partUDP  = "udp"
	partUnix = "unix"
	partFile = "file"
	partPipe = "pipe"
)

var missable = []string{partUDP, partUnix, partFile, partPipe, "accept", "connect", "recv", "send", "recvfrom", "sendto", "read", "write"}

// isFault reports whether there is such a fault.
func isFault(s string) bool {
	what, without := strings.CutPrefix(s, faultWithout)
	return without && slices.Contains(missable, what) || slices.Contains([]string{faultRough, faultFailing, faultFull}, s)
}

func (w *profile) is(fault string) bool { return slices.Contains(w.faults, fault) }

// lacks reports whether a part is missing, or an operation refused.
func (w *profile) lacks(what string) bool { return w.is(faultWithout + what) }

func (w *profile) String() string {
	return strings.Join(append([]string{fmt.Sprintf("simulated network, seed %d", w.seed)}, w.faults...), ", ")
}

// fullAt is how many operations of a direction a handle has at most, on a
// network that is full.
const fullAt = 4

// lifetime is how many events a network has that fails.
func (c chance) lifetime() int { return c.IntN(300) }

// segment is how much arrives whole on a calm network: what fits in one packet.
const segment = 1460

// How rarely misfortunes happen on a rough network: one time in so many.
const (
	rarelyFull    = 64  // an operation is refused at once
	rarelyNoBufs  = 64  // a transfer fails, the connection goes on
	rarelyNoFiles = 16  // an accept fails, the connection waits on
	rarelyLost    = 32  // a connect isn't answered
	rarelyReset   = 256 // a segment is answered by a reset
	rarelyDropped = 16  // a datagram is lost
	rarelyTwice   = 32  // a datagram comes twice
)

// chance decides for one handle. The network's lock guards it.
type chance struct {
	*rand.Rand
	profile *profile
	rough   bool
}

// chance gives the handle of a number its chances.
func (w *profile) chance(handle uint64) chance {
	return chance{rand.New(rand.NewPCG(w.seed, handle)), w, w.is(faultRough)}
}

// delay is mostly short, and now and then very long.
func (c chance) delay() time.Duration {
	return time.Duration(1 + c.Int64N(1<<(10+c.IntN(16))))
}

// strikes reports a misfortune that happens one time in so many.
func (c chance) strikes(rarely int) bool { return c.rough && c.IntN(rarely) == 0 }

// refusal is why an operation isn't accepted where some are pending already.
func (c chance) refusal(op *driver.Op, pending int) error {
	switch {
	case c.profile.lacks(op.Kind.String()):
		return errNoOpcode
	case c.profile.is(faultFull) && pending >= fullAt, c.strikes(rarelyFull):
		return errNoBufs
	}
	return nil
}

// coin is fair.
func (c chance) coin() bool { return c.IntN(2) == 0 }

// window is how many bytes a connection holds for an end that doesn't receive.
func (c chance) window() int {
	if c.rough {
		return 1 + c.IntN(8<<10)
	}
	return 192<<10 + c.IntN(832<<10)
}

// places is how many datagrams a Unix socket holds that aren't received.
func (c chance) places() int {
	if c.rough {
		return 1 + c.IntN(4)
	}
	return 10 + c.IntN(500) // net.unix.max_dgram_qlen is 10, or 512 since Linux 5.1
}

// portion is how much of n bytes moves at once; n is positive.
func (c chance) portion(n int) int {
	if c.rough {
		return 1 + c.IntN(n)
	}
	if n <= segment {
		return n
	}
	return segment + c.IntN(n-segment+1)
}
