package sim_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"iocp/internal/driver"
)

// udp makes a UDP socket.
func (r *rig) udp() (driver.Datagram, driver.Name) {
	r.Helper()
	d, err := r.port.(driver.DatagramPort).NewDatagram(netip.MustParseAddrPort("127.0.0.1:0"))
	r.must(err)
	r.must(d.Attach(r.port))
	return d, driver.Name{Addr: d.LocalAddr()}
}

// unixgram makes a Unix datagram socket.
func (r *rig) unixgram(path string) (driver.Datagram, driver.Name) {
	r.Helper()
	d, err := r.port.(driver.UnixPort).NewUnixDatagram(&driver.UnixFile{Name: path})
	r.must(err)
	r.must(d.Attach(r.port))
	return d, driver.Name{Path: path}
}

// insist starts an operation that a rough network may refuse now and then.
func (r *rig) insist(op *driver.Op, start func(*driver.Op) error) *driver.Op {
	r.Helper()
	for err := start(op); err != nil; err = start(op) {
		if !errors.Is(err, driver.ErrLimit) {
			r.Fatal(err)
		}
	}
	return op
}

func (r *rig) sendTo(d driver.Datagram, to driver.Name, data []byte) *driver.Op {
	r.Helper()
	op := transfer(driver.KindSendTo, data)
	op.SetName(to)
	return r.insist(op, d.SendTo)
}

func (r *rig) recvFrom(d driver.Datagram) *driver.Op {
	r.Helper()
	op := transfer(driver.KindRecvFrom, make([]byte, 2000))
	op.SetName(driver.Name{})
	return r.insist(op, d.RecvFrom)
}

// settle polls until nothing happens any more, and gives what is over.
func (r *rig) settle() []*driver.Op {
	r.Helper()
	for before := -1; before < len(r.done.ops); {
		before = len(r.done.ops)
		r.must(r.port.Poll(0))
	}
	over := r.done.ops
	r.done.ops = nil
	return over
}

// exchange sends numbered datagrams while receives are pending, and gives the
// numbers that come, in order. One whose send failed for want of memory is sent
// again before the next.
func (r *rig) exchange(from, to driver.Datagram, at driver.Name, count int) (heard []int) {
	r.Helper()
	want := r.recvFrom(to)
	for i := range count {
		for sent := r.sendTo(from, at, fmt.Append(nil, i)); sent != nil; {
			for _, op := range r.settle() {
				switch {
				case op == sent && op.Err == nil:
					sent = nil
				case op == sent:
					sent = r.sendTo(from, at, fmt.Append(nil, i))
				default:
					heard = r.note(heard, op)
					want = r.recvFrom(to)
				}
			}
		}
	}
	for over := r.settle(); len(over) > 0; over = r.settle() {
		heard = r.note(heard, over[0])
		want = r.recvFrom(to)
	}
	to.Cancel(want)
	r.settle()
	return heard
}

// note adds the number that a receive has brought, if it has.
func (r *rig) note(heard []int, op *driver.Op) []int {
	r.Helper()
	if op.Err != nil {
		if !errors.Is(op.Err, driver.ErrLimit) || op.N != 0 {
			r.Fatalf("a receive ended with %d bytes and %v", op.N, op.Err)
		}
		return heard
	}
	var i int
	if _, err := fmt.Sscan(string(op.Bufs()[0][:op.N]), &i); err != nil {
		r.Fatalf("received %q: %v", op.Bufs()[0][:op.N], err)
	}
	return append(heard, i)
}

// On a calm network nothing happens to a datagram, and between Unix sockets on
// no network.
func TestDatagramsArrive(t *testing.T) {
	var want []int
	for i := range 50 {
		want = append(want, i)
	}
	for seed := range 20 {
		calm, rough := newRig(t, fmt.Sprint(seed, "/datagrams")), newRig(t, fmt.Sprint(seed, ":rough/datagrams"))
		a, _ := calm.udp()
		b, at := calm.udp()
		if heard := calm.exchange(a, b, at, 50); !slices.Equal(heard, want) {
			t.Errorf("seed %d, UDP: %v came, want all", seed, heard)
		}
		a, _ = rough.unixgram("")
		b, at = rough.unixgram("@here")
		if heard := rough.exchange(a, b, at, 50); !slices.Equal(heard, want) {
			t.Errorf("seed %d, Unix: %v came, want all", seed, heard)
		}
	}
}

// On a rough network UDP does what it may.
func TestRoughDatagrams(t *testing.T) {
	var lost, doubled, mixed bool
	for seed := range 50 {
		r := newRig(t, fmt.Sprint(seed, ":rough/datagrams"))
		a, _ := r.udp()
		b, at := r.udp()
		var ops []*driver.Op
		for range 40 {
			ops = append(ops, r.recvFrom(b))
		}
		for i := range 20 {
			r.sendTo(a, at, fmt.Append(nil, i))
		}
		var heard []int
		for _, op := range r.settle() {
			if slices.Contains(ops, op) {
				heard = r.note(heard, op)
			}
		}
		sorted := slices.Sorted(slices.Values(heard))
		mixed = mixed || !slices.Equal(heard, sorted)
		once := slices.Compact(slices.Clone(sorted))
		doubled = doubled || len(once) < len(sorted)
		lost = lost || len(once) < 20
	}
	if !lost || !doubled || !mixed {
		t.Errorf("lost: %v, doubled: %v, out of order: %v; want all", lost, doubled, mixed)
	}
}

func TestDatagramsReplay(t *testing.T) {
	var runs [2][]int
	for i := range runs {
		r := newRig(t, fmt.Sprint("7:rough/replay", i))
		a, _ := r.udp()
		b, at := r.udp()
		runs[i] = r.exchange(a, b, at, 100)
	}
	if len(runs[0]) == 0 || !slices.Equal(runs[0], runs[1]) {
		t.Errorf("received %v, then %v", runs[0], runs[1])
	}
}

// A receiver's queue that is full loses what comes over UDP, and has a Unix
// socket's sender wait.
func TestFullDatagramQueue(t *testing.T) {
	r := newRig(t, "1/datagrams")
	const count = 1500
	data := make([]byte, 1000)
	from, _ := r.udp()
	to, at := r.udp()
	for range count {
		r.sendTo(from, at, data)
	}
	if over := r.settle(); len(over) != count {
		t.Errorf("%d of %d sends over UDP are over, want all", len(over), count)
	}
	if n := r.receiveAll(to); n == 0 || n == count {
		t.Errorf("%d of %d datagrams came, want some", n, count)
	}
	from, _ = r.unixgram("")
	to, at = r.unixgram("@full")
	for range count {
		r.sendTo(from, at, data)
	}
	sent := len(r.settle())
	if sent == 0 || sent == count {
		t.Errorf("%d of %d sends to a Unix socket are over, want some", sent, count)
	}
	if n := r.receiveAll(to); n != count {
		t.Errorf("%d of %d datagrams came, want all", n, count)
	}
}

// receiveAll receives until nothing comes.
func (r *rig) receiveAll(d driver.Datagram) (n int) {
	r.Helper()
	for {
		op := r.recvFrom(d)
		if !slices.Contains(r.settle(), op) {
			d.Cancel(op)
			r.settle()
			return n
		}
		r.must(op.Err)
		n++
	}
}

// A socket that is closed fails those who wait for a place in it.
func TestCloseFailsWaitingSender(t *testing.T) {
	r := newRig(t, "1/datagrams")
	from, _ := r.unixgram("")
	to, at := r.unixgram("@closing")
	for range 600 {
		r.sendTo(from, at, []byte("hello"))
	}
	sent := len(r.settle())
	r.must(to.Close())
	over := r.settle()
	if sent+len(over) != 600 || len(over) == 0 {
		t.Fatalf("%d sends were over before the close and %d after it, of 600", sent, len(over))
	}
	for _, op := range over {
		if !errors.Is(op.Err, driver.ErrRefused) {
			t.Fatalf("a send that waited ended with %v", op.Err)
		}
	}
}

// A path leads to one socket at a time, and is there only as long as that is.
func TestPaths(t *testing.T) {
	r := newRig(t, "1/paths")
	unix := r.port.(driver.UnixPort)
	path := filepath.Join(t.TempDir(), "s")
	for range 2 {
		l, err := unix.ListenUnix(&driver.UnixFile{Name: path}, driver.ListenOptions{})
		r.must(err)
		if _, err := unix.NewUnixDatagram(&driver.UnixFile{Name: path}); !errors.Is(err, driver.ErrAddrInUse) {
			t.Errorf("binding to a path in use: %v", err)
		}
		d, err := unix.NewUnixDatagram(&driver.UnixFile{Name: ""})
		r.must(err)
		if err := d.Connect(driver.Name{Path: path}); !errors.Is(err, driver.ErrInvalid) {
			t.Errorf("connecting a datagram socket to a listener: %v", err)
		}
		r.must(l.Close())
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the path of a closed listener: %v", err)
		}
		r.must(d.Close())
		if err := d.RecvFrom(transfer(driver.KindRecvFrom, nil)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("receiving on a closed socket: %v", err)
		}
	}
	for _, bad := range []string{filepath.Join(path, "s"), filepath.Join(t.TempDir(), string(make([]byte, 200)))} {
		if _, err := unix.ListenUnix(&driver.UnixFile{Name: bad}, driver.ListenOptions{}); err == nil {
			t.Errorf("listening at %q succeeded", bad)
		}
	}
}
