package sim

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// network is everything that the ports of one name share. Its lock guards all
// their handles; it is taken before the sinks' and the pools', never after.
type network struct {
	name    string
	weather weather
	ports   int // open; under networks' lock

	mu      sync.Mutex
	now     time.Duration // the simulated time
	events  []event       // the last is due first
	made    uint64        // handles and events so far
	life    int           // events until polling fails; negative for never
	chance  chance
	unlocks []func() // to be run when the lock is released

	listeners map[netip.AddrPort]*listener
	taken     map[uint16]bool // port numbers in use
	lastPort  uint16

	polled   *port         // the port whose Poll runs events now
	reported int           // completions it has had from that
	more     chan struct{} // holds a token when events may wait for a poller
}

type event struct {
	at     time.Duration
	number uint64 // among those due at the same time the first made is first
	do     func()
}

func newNetwork(name string, w weather) *network {
	n := &network{
		name:      name,
		life:      -1,
		weather:   w,
		chance:    w.chance(0),
		listeners: make(map[netip.AddrPort]*listener),
		taken:     make(map[uint16]bool),
		lastPort:  firstEphemeral - 1,
		more:      make(chan struct{}, 1),
	}
	if w.failing {
		n.life = n.chance.lifetime()
	}
	return n
}

// next numbers what is made.
func (n *network) next() uint64 {
	n.made++
	return n.made
}

// unlock releases the lock and then does what mustn't be done under it.
func (n *network) unlock() {
	last := n.unlocks
	n.unlocks = nil
	n.mu.Unlock()
	for _, f := range last {
		f()
	}
}

// after has something happen when a time has passed.
func (n *network) after(d time.Duration, do func()) { n.at(n.now+d, do) }

// at has something happen at a time.
func (n *network) at(when time.Duration, do func()) {
	e := event{at: when, number: n.next(), do: do}
	i, _ := slices.BinarySearchFunc(n.events, e, func(a, b event) int {
		return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(b.number, a.number))
	})
	n.events = slices.Insert(n.events, i, e)
	if n.polled == nil {
		signal(n.more)
	}
}

// eventsMax bounds the events that one look runs, so that whoever polls sees
// that it was woken.
const eventsMax = 256

// run has events happen, for a port that is polled, until some of its
// operations are over. It reports how many, and whether events are left. The
// error says that none will happen any more.
func (n *network) run(p *port) (reported int, left bool, err error) {
	n.mu.Lock()
	defer n.unlock()
	n.polled, n.reported = p, 0
	for range eventsMax {
		if len(n.events) == 0 || n.life == 0 || n.reported > 0 && n.chance.coin() {
			break
		}
		n.life = max(n.life-1, -1)
		last := len(n.events) - 1
		e := n.events[last]
		n.events = slices.Delete(n.events, last, last+1)
		n.now = e.at
		e.do()
	}
	n.polled = nil
	if n.life == 0 {
		return n.reported, false, errBroken
	}
	if len(n.events) > 0 {
		signal(n.more)
	}
	return n.reported, len(n.events) > 0, nil
}

// signal leaves a token on a channel of capacity one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// firstEphemeral is the first port number that is given to who asks for any.
const firstEphemeral = 49152

// take takes an address for a socket: it has any port if it asks for 0.
func (n *network) take(addr netip.AddrPort) (netip.AddrPort, error) {
	ip := addr.Addr().Unmap()
	if !ip.IsLoopback() && !ip.IsUnspecified() {
		return netip.AddrPort{}, errNotAvail
	}
	number := addr.Port()
	if number == 0 {
		number = n.ephemeral()
	}
	if number == 0 || n.taken[number] {
		return netip.AddrPort{}, errInUse
	}
	n.taken[number] = true
	return netip.AddrPortFrom(ip, number), nil
}

// ephemeral finds a free port number; 0 if there is none.
func (n *network) ephemeral() uint16 {
	for range 1<<16 - firstEphemeral {
		if n.lastPort++; n.lastPort < firstEphemeral {
			n.lastPort = firstEphemeral
		}
		if !n.taken[n.lastPort] {
			return n.lastPort
		}
	}
	return 0
}

// listening finds who listens at an address, or on all addresses.
func (n *network) listening(at netip.AddrPort) *listener {
	for _, ip := range []netip.Addr{at.Addr(), netip.IPv6Unspecified(), netip.IPv4Unspecified()} {
		l := n.listeners[netip.AddrPortFrom(ip, at.Port())]
		if l != nil && (at.Addr().Is4() || ip != netip.IPv4Unspecified()) {
			return l
		}
	}
	return nil
}
