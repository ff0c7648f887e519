package porttest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"iocp"
)

// bound is how long a clause may take over all its waits. It is generous, for
// slow machines and for Wine: no clause that passes comes near it.
const bound = 20 * time.Second

// A clause is one entry of the contract.
type clause struct {
	number int
	word   string
	run    func(*trial)
	config iocp.Config // of the trial's port
}

func (c clause) name() string { return fmt.Sprintf("C%d_%s", c.number, c.word) }

// try runs the clause, and after it the checks that every clause ends with.
func (c clause) try(t testing.TB, h Harness) {
	if why, lacks := h.Lacks[c.name()]; lacks {
		t.Skipf("capability: %s", why)
	}
	tr := newTrial(t, h, c.config)
	defer tr.end()
	c.run(tr)
}

// A trial is one clause being tried: the port, and everything to be tidied
// away after it. Its methods fail the test when what they do fails, and are
// for the test's goroutine unless they say otherwise.
type trial struct {
	testing.TB
	*fixture // of the port that most clauses need only

	harness  Harness
	config   iocp.Config
	bound    time.Duration
	deadline time.Time
	before   survey
	ledger   ledger
	fixtures []*fixture
	waiters  []*waiter
	foreign  []io.Closer // the foreign network's
	network  network     // nil until there is a foreign end
	witness  *witness

	mu      sync.Mutex
	handles []io.Closer // the backend's sockets and listeners
}

func newTrial(t testing.TB, h Harness, cfg iocp.Config) *trial {
	tr := &trial{TB: t, harness: h, config: cfg}
	if !h.crowded {
		tr.before = newSurvey()
	}
	tr.allow(bound)
	tr.fixture = tr.newFixture(cfg)
	return tr
}

// allow starts the bound anew.
func (t *trial) allow(bound time.Duration) {
	t.bound, t.deadline = bound, time.Now().Add(bound)
}

// left is what remains of the bound. Any goroutine.
func (t *trial) left() time.Duration { return max(time.Until(t.deadline), 0) }

// giveUp ends the clause because something didn't happen within the bound.
func (t *trial) giveUp(what string) {
	t.Helper()
	t.Fatalf("%s: not within %v\n%s", what, t.bound, t.dump())
}

// dump shows the ports. Any goroutine.
func (t *trial) dump() string {
	var b strings.Builder
	for i, d := range t.fixtures {
		fmt.Fprintf(&b, "port %d: %+v\n", i, d.port.Stats())
	}
	fmt.Fprintf(&b, "operations outstanding: %d", t.ledger.outstanding())
	return b.String()
}

// end closes everything, and checks that every accepted operation has had its
// one completion and that nothing is left over. It runs however the clause
// ended; what a failed clause leaves behind isn't worth reporting.
func (t *trial) end() {
	t.tidy()
	if t.Failed() || t.Skipped() {
		return
	}
	t.checkAccount()
	if !t.harness.crowded {
		t.checkLeaks()
	}
}

// own has a handle closed at the end. Any goroutine.
func (t *trial) own(handle io.Closer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.handles = append(t.handles, handle)
}

// tidy closes the ports first, with whatever is associated with them, as a
// program may; to close a handle afterwards must do no harm.
func (t *trial) tidy() {
	t.allow(t.bound)
	for _, w := range t.waiters {
		w.dismiss()
	}
	for _, d := range t.fixtures {
		d.shut()
	}
	for _, w := range t.waiters {
		w.leave()
	}
	for _, c := range t.handles {
		if err := c.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Errorf("closing a handle after its port: %v", err)
		}
	}
	for _, c := range t.foreign {
		c.Close()
	}
	if t.network != nil {
		t.network.close()
	}
}

func (t *trial) checkAccount() {
	var submitted, completed uint64
	for _, d := range t.fixtures {
		st := d.port.Stats()
		submitted += st.Submitted
		completed += st.Completed
		if st.InFlight != 0 || st.Queued != 0 || st.BuffersOut != 0 || st.Workers != 0 {
			t.Errorf("left in a closed port: %+v", st)
		}
	}
	if err := t.ledger.balance(submitted, completed); err != nil {
		t.Error(err)
	}
}

func (t *trial) checkLeaks() {
	if err := t.before.lasting(t.deadline); err != nil {
		t.Error(err)
	}
}

// await waits until cond holds, for what has no event to wait for.
func (t *trial) await(what string, cond func() bool) {
	t.Helper()
	if !t.eventually(cond) {
		t.giveUp(what)
	}
}

// eventually reports whether cond holds before the bound is over.
func (t *trial) eventually(cond func() bool) bool { return eventually(t.deadline, cond) }

// eventually reports whether cond holds before the deadline. It is the suite's
// one place that looks again and again.
func eventually(deadline time.Time, cond func() bool) bool {
	for !cond() {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(100 * time.Microsecond)
	}
	return true
}

// refused checks that a call failed with an error of the given class.
func (t *trial) refused(err, class error) {
	t.Helper()
	if !errors.Is(err, class) {
		t.Fatalf("got error %v, want %v", err, class)
	}
}

// volume is how much of something a clause does: enough for any kernel, or as
// much as shows something on a simulated network, where seeds multiply it.
func (t *trial) volume(kernel, simulated int) int {
	if t.harness.virtual {
		return simulated
	}
	return kernel
}

// must checks that a call didn't fail.
func (t *trial) must(err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
