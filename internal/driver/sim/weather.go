package sim

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"iocp/internal/driver"
)

// weather is what a network is like.
type weather struct {
	seed    uint64
	rough   bool
	failing bool
}

func (w weather) String() string {
	s := fmt.Sprintf("simulated network, seed %d", w.seed)
	if w.rough {
		s += ", rough"
	}
	if w.failing {
		s += ", failing"
	}
	return s
}

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
)

// chance decides for one handle. The network's lock guards it.
type chance struct {
	*rand.Rand
	rough bool
}

// chance gives the handle of a number its chances.
func (w weather) chance(handle uint64) chance {
	return chance{rand.New(rand.NewPCG(w.seed, handle)), w.rough}
}

// delay is mostly short, and now and then very long.
func (c chance) delay() time.Duration {
	return time.Duration(1 + c.Int64N(1<<(10+c.IntN(16))))
}

// strikes reports a misfortune that happens one time in so many.
func (c chance) strikes(rarely int) bool { return c.rough && c.IntN(rarely) == 0 }

// coin is fair.
func (c chance) coin() bool { return c.IntN(2) == 0 }

// window is how many bytes a connection holds for an end that doesn't receive.
func (c chance) window() int {
	if c.rough {
		return 1 + c.IntN(8<<10)
	}
	return 192<<10 + c.IntN(832<<10)
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

// The system's errors, with the numbers that kernels give for them.
var (
	errReset    = sysError("recv", driver.ErrReset, syscall.ECONNRESET)
	errNoBufs   = sysError("socket", driver.ErrLimit, syscall.ENOBUFS)
	errNoFiles  = sysError("accept", driver.ErrLimit, syscall.EMFILE)
	errRefused  = sysError("connect", driver.ErrRefused, syscall.ECONNREFUSED)
	errTimedOut = sysError("connect", driver.ErrTimedOut, syscall.ETIMEDOUT)
	errNoRoute  = sysError("connect", driver.ErrUnreachable, syscall.ENETUNREACH)
	errInUse    = sysError("bind", driver.ErrAddrInUse, syscall.EADDRINUSE)
	errBroken   = sysError("poll", driver.ErrUnclassified, syscall.EIO)
	errNotAvail = sysError("bind", driver.ErrAddrNotAvail, syscall.EADDRNOTAVAIL)
)

func sysError(call string, class error, errno syscall.Errno) error {
	return &driver.SysError{Call: call, Class: class, Errno: errno}
}
