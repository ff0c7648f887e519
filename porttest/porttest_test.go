package porttest

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"iocp"
)

// A fakeTB stands for the test in which a clause fails.
type fakeTB struct {
	testing.TB
	failed, skipped bool
	log             strings.Builder
}

func (f *fakeTB) Helper()       {}
func (f *fakeTB) Failed() bool  { return f.failed }
func (f *fakeTB) Skipped() bool { return f.skipped }

func (f *fakeTB) Error(args ...any) {
	f.failed = true
	fmt.Fprintln(&f.log, args...)
}
func (f *fakeTB) Errorf(format string, args ...any) { f.Error(fmt.Sprintf(format, args...)) }

func (f *fakeTB) Fatal(args ...any) {
	f.Error(args...)
	runtime.Goexit()
}
func (f *fakeTB) Fatalf(format string, args ...any) { f.Fatal(fmt.Sprintf(format, args...)) }

// try runs a clause, with no more than the given time, and says how it failed;
// the empty string if it passed.
func try(t *testing.T, h Harness, allowed time.Duration, run func(*trial)) string {
	f := &fakeTB{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		clause{number: 1, word: "tried", run: func(tr *trial) {
			tr.allow(allowed)
			run(tr)
		}}.try(f, h)
	}()
	<-done
	if f.failed != (f.log.Len() > 0) {
		t.Errorf("failed is %v with log %q", f.failed, f.log.String())
	}
	return f.log.String()
}

// TestSuiteCatches shows that the checks which every clause ends with can
// fail, by clauses that do what a broken port would.
func TestSuiteCatches(t *testing.T) {
	h := named("portable")
	warmUp(t, h)
	release := make(chan struct{})
	defer close(release)
	for _, c := range []struct {
		name    string
		run     func(*trial)
		allowed time.Duration
		want    string // in the log; nothing for a pass
	}{
		{"nothing", func(*trial) {}, bound, ""},
		{"a pending receive and a queued packet", func(t *trial) {
			s, _ := t.pair(nil)
			t.recv(s, &iocp.Op{}, make([]byte, 1))
			t.post(nil, 1, nil)
		}, bound, ""},
		{"a refused operation that was to be accepted", func(t *trial) {
			t.recv(t.socket(nil), &iocp.Op{}, make([]byte, 1))
		}, bound, "not connected"},
		{"another packet than expected", func(t *trial) {
			t.post(nil, 1, nil)
			t.expect(packet{n: 2})
		}, bound, "want {op:<nil> key:<nil> n:2"},
		{"no packet", func(t *trial) { t.next() }, time.Millisecond, "waiting for a packet: not within 1ms"},
		{"a packet where none should be", func(t *trial) {
			t.post(nil, 1, nil)
			t.quiet()
		}, bound, "want"},
		{"an operation without a completion", func(t *trial) {
			t.post(nil, 1, nil)
			w := t.port.Worker()
			defer w.Close()
			w.Wait(make([]iocp.Completion, 1), 0)
		}, bound, "1 accepted operations had no completion"},
		{"a completion that nothing was accepted for", func(t *trial) {
			t.must(t.port.Post(&iocp.Op{}, 1, nil))
			t.next()
		}, bound, "wasn't outstanding"},
		{"an anonymous one", func(t *trial) {
			t.must(t.port.Post(nil, 1, nil))
			t.next()
		}, bound, "nobody posted"},
		{"an operation that only the port knows of", func(t *trial) {
			t.must(t.port.Post(nil, 1, nil))
			w := t.port.Worker()
			defer w.Close()
			w.Wait(make([]iocp.Completion, 1), 0)
		}, bound, "accepted 0 operations"},
		{"a buffer that isn't released", func(t *trial) {
			s, peer := t.pair(nil)
			t.recvPooled(s, &iocp.Op{})
			peer.write([]byte{1})
			t.next()
		}, bound, "BuffersOut:1"},
		{"a worker that isn't closed", func(t *trial) { t.port.Worker() }, bound, "Workers:1"},
		{"a goroutine", func(*trial) { go func() { <-release }() }, 100 * time.Millisecond, "goroutine "},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := try(t, h, c.allowed, c.run)
			if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("the suite says %q, want %q", got, c.want)
			}
		})
	}
}

func TestSuiteCatchesDescriptor(t *testing.T) {
	if openDescriptors() == nil {
		t.Skip("capability: this system doesn't list the open descriptors")
	}
	h := named("portable")
	warmUp(t, h)
	var left *os.File
	got := try(t, h, 100*time.Millisecond, func(t *trial) {
		var err error
		left, err = os.Open(os.DevNull)
		t.must(err)
	})
	left.Close()
	if !strings.Contains(got, os.DevNull) {
		t.Errorf("the suite says %q, want %s", got, os.DevNull)
	}
}

// TestLedger covers what no port of ours does.
func TestLedger(t *testing.T) {
	var op iocp.Op
	var l ledger
	l.begin(&op)
	for _, more := range []bool{true, true, false} {
		if err := l.packet(iocp.Completion{Op: &op, More: more}); err != nil {
			t.Error(err)
		}
	}
	if l.packet(iocp.Completion{Op: &op}) == nil {
		t.Error("a packet after the last wasn't noticed")
	}
	l.begin(&op)
	if n := l.outstanding(); n != 1 || l.balance(2, 4) == nil {
		t.Errorf("%d operations outstanding, want 1 and no balance", n)
	}
	l.refused(&op)
	if err := l.balance(1, 4); err != nil {
		t.Error(err)
	}
	if l.balance(1, 3) == nil || l.balance(2, 4) == nil {
		t.Error("other counts than the ledger's weren't noticed")
	}
}

// TestClauseTable keeps the names usable in -run and in counts.
func TestClauseTable(t *testing.T) {
	word := regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*$`)
	seen := map[string]bool{}
	last := 0
	for _, c := range clauses {
		if seen[c.name()] || !word.MatchString(c.word) || c.number < last || c.run == nil {
			t.Errorf("%s is there twice, badly named, out of order, or empty", c.name())
		}
		seen[c.name()], last = true, c.number
	}
	for name := range lacking("portable") {
		if !seen[name] {
			t.Errorf("%s is lacking, but is no clause", name)
		}
	}
}
