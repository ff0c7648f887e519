// Package sim is a backend without a kernel: ports on a network that is
// simulated in this process, with a clock of its own. A seed decides what a
// kernel and a network leave open: which socket's operation is over first, how
// much of a transfer moves at once, whether a cancel comes too late. The layers
// above can't tell.
//
// The backend's name chooses the network:
//
//	sim                the seed in the environment variable IOCP_SIM_SEED, or 1
//	sim:7              seed 7
//	sim:7:rough        seed 7, with everything that the contract allows
//	sim:7:full         seed 7, and a handle takes few operations at a time
//	sim:7:no-udp       seed 7, and no UDP; or no-unix, no-file, no-pipe, no-accept, ...
//	sim:7:failing      seed 7, and polling fails for good after a while
//	sim:7:rough:full   both
//	sim:7/name         a network of its own, with the same chances as sim:7
//
// Ports with the same name share a network as long as one of them is open. By
// default the network is calm: a small message arrives whole, connections hold,
// nothing is lost on the way, and memory never runs out, as on a machine's
// loopback interface. On a rough one receives are as short as can be, windows
// are tiny, operations are refused or fail for want of memory or descriptors,
// connections are reset, and datagrams are lost, doubled or out of order. A
// part or an operation that is missing is refused as ErrNotSupported.
//
// Unix sockets reach each other on one network only. Their paths are those of
// the machine: an empty file is there as long as a socket is bound to it. Files
// are the machine's as well; what is decided here is when, in which order and,
// on a rough network, whether something is read or written. Pipes hold little
// and never break by themselves.
//
// A run is the same again for the same seed if one goroutine makes all calls,
// with one worker. With more, each handle still has the same sequence of
// chances, but the scheduler decides how they interleave.
//
// Nothing happens by itself: events lie in a queue, by the simulated time at
// which they are due, until some port of the network is polled, and the clock
// jumps from one to the next.
package sim

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"iocp/internal/driver"
)

// seedVar, in the environment, is the seed of a network that is given none.
const seedVar = "IOCP_SIM_SEED"

// Backend makes simulated ports.
type Backend struct{ variant string }

func init() { driver.Register(Backend{}) }

// Name is what users call this backend.
func (b Backend) Name() string {
	if b.variant == "" {
		return "sim"
	}
	return "sim:" + b.variant
}

// Variant implements driver.Family.
func (Backend) Variant(v string) driver.Backend { return Backend{v} }

// Open makes a port on the network that the name says.
func (b Backend) Open(cfg driver.Config, sink driver.Sink) (driver.Port, error) {
	w, err := b.profile()
	if err != nil {
		return nil, err
	}
	return newPort(join(b.variant, w), cfg, sink), nil
}

// profile reads SEED[:FAULT...][/NAME].
func (b Backend) profile() (profile, error) {
	chances, _, _ := strings.Cut(b.variant, "/")
	words := strings.Split(chances, ":")
	seed, faults := words[0], words[1:]
	if seed == "" {
		seed = os.Getenv(seedVar)
	}
	if seed == "" {
		seed = "1"
	}
	n, err := strconv.ParseUint(seed, 10, 64)
	if err != nil {
		return profile{}, fmt.Errorf("%q is no simulated network: say sim:SEED with a number, or set %s", b.Name(), seedVar)
	}
	for _, fault := range faults {
		if !isFault(fault) {
			return profile{}, fmt.Errorf("%q is no simulated network: after sim:SEED say :%s, :%s, :%s or :%sWHAT, which is one of %s",
				b.Name(), faultRough, faultFailing, faultFull, faultWithout, strings.Join(missable, ", "))
		}
	}
	return profile{seed: n, faults: faults}, nil
}

// networks are those with open ports.
var networks struct {
	sync.Mutex
	byName map[string]*network
}

// join finds or makes the network of a name.
func join(name string, w profile) *network {
	networks.Lock()
	defer networks.Unlock()
	n := networks.byName[name]
	if n == nil {
		n = newNetwork(name, w)
		if networks.byName == nil {
			networks.byName = make(map[string]*network)
		}
		networks.byName[name] = n
	}
	n.ports++
	return n
}

// leave says that a port is closed. The next to join after the last has left
// finds a new network.
func (n *network) leave() {
	networks.Lock()
	defer networks.Unlock()
	if n.ports--; n.ports == 0 {
		delete(networks.byName, n.name)
	}
}
