package sim

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// network is everything that the ports of one name share. Its lock guards all
// their handles; it is taken before the sinks' and the pools', never after.
type network struct {
	name    string
	profile profile
	ports   int // open; under networks' lock

	mu      sync.Mutex
	now     time.Duration // the simulated time
	events  []event       // the last is due first
	made    uint64        // handles and events so far
	life    int           // events until polling fails; negative for never
	chance  chance
	unlocks []func() // to be run when the lock is released

	tcp   names[*listener]
	udp   names[*datagram]
	paths map[string]*place // what is bound to the paths of Unix sockets

	polled   *port         // the port whose Poll runs events now
	reported int           // completions it has had from that
	more     chan struct{} // holds a token when events may wait for a poller
}

type event struct {
	at     time.Duration
	number uint64 // among those due at the same time the first made is first
	do     func()
}

func newNetwork(name string, w profile) *network {
	n := &network{
		name:    name,
		life:    -1,
		profile: w,
		tcp:     newNames[*listener](),
		udp:     newNames[*datagram](),
		paths:   make(map[string]*place),
		more:    make(chan struct{}, 1),
	}
	n.chance = n.profile.chance(0)
	if w.is(faultFailing) {
		n.life = n.chance.lifetime()
	}
	return n
}

// next numbers what is made.
func (n *network) next() uint64 {
	n.made++
	return n.made
}

// Lock and Unlock implement sync.Locker, for driver.Standing.
func (n *network) Lock()   { n.mu.Lock() }
func (n *network) Unlock() { n.unlock() }

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
