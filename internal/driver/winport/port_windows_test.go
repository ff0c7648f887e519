package winport_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
	"iocp/internal/driver/winport"
)

func TestPollTimesOutAndIsWoken(t *testing.T) {
	b := newBench(t)
	b.ok(b.me.Poll(0))
	start := time.Now()
	b.ok(b.me.Poll(20 * time.Millisecond))
	if d := time.Since(start); d < 20*time.Millisecond {
		t.Errorf("a wait of 20ms took %v", d)
	}
	b.port.Wake()
	b.port.Wake()
	b.ok(b.me.Poll(-1)) // ends by the Wake before
	go b.port.Wake()
	b.ok(b.me.Poll(-1))
	if op := b.take(); op != nil {
		t.Errorf("Wake made a completion: %v", op)
	}
	start = time.Now()
	b.ok(b.me.Poll(20 * time.Millisecond))
	if time.Since(start) < 20*time.Millisecond {
		t.Error("two Wakes without a Poll between them left a packet behind")
	}
}

// TestPollGivesNoTimeout has waits end in time though the kernel, which looks at
// timeouts with its clock tick only, is given none.
func TestPollGivesNoTimeout(t *testing.T) {
	given := winport.Timeouts(t)
	b := newBench(t)
	for _, d := range []time.Duration{time.Hour, 5 * time.Millisecond, time.Nanosecond, 30 * time.Millisecond} {
		if d == time.Hour {
			go b.port.Wake()
		}
		b.ok(b.me.Poll(d)) // the hour's alarm is in nobody's way
	}
	b.ok(b.me.Poll(0))
	for _, ms := range given() {
		if ms != 0 && ms != windows.INFINITE {
			t.Errorf("the kernel was given %d ms", ms)
		}
	}
}

// After Shut nothing can be attached, and everything pending ends.
func TestShut(t *testing.T) {
	b := newBench(t)
	s, _ := b.pair()
	l := b.listener()
	recv, many := recvOp(make([]byte, 1)), &driver.Op{Kind: driver.KindAcceptMany}
	b.ok(s.Recv(recv))
	b.ok(l.Accept(many))
	b.port.Shut()
	for range 2 {
		if op := b.next(); !errors.Is(op.Err, net.ErrClosed) {
			t.Error(op.Kind, op.Err)
		}
	}
	late, err := b.port.NewStream(false)
	b.ok(err)
	defer late.Close()
	if err := late.Attach(b.port); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

// Neither waits, with a timeout or woken, nor sends without an operation allocate.
func TestPollsAllocateNothing(t *testing.T) {
	b := newBench(t)
	s, _ := b.pair()
	now, data := s.(driver.NowSender), make([]byte, 64)
	for what, f := range map[string]func(){
		"a wait with a timeout": func() { b.ok(b.me.Poll(time.Millisecond)) },
		"a wake":                func() { b.me.Wake(); b.ok(b.me.Poll(-1)) },
		"a send":                func() { now.SendNow(data) },
	} {
		if n := testing.AllocsPerRun(200, f); n > 0 {
			t.Errorf("%s allocates %v times", what, n)
		}
	}
}
