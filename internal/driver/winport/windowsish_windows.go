//go:build windowsish

package winport

import (
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/win"
)

// windowsish is what Windows does and Wine 8 doesn't, done on top of Wine: in a
// build with the tag windowsish, IOCP_WINDOWSISH lists by name what is to be
// done. It shows that our code stands it, not that Windows does just that.
var windowsish = map[string]func(){
	"cancels":  cancelsTakeAlong,
	"refusals": refusalsComeLate,
}

func init() {
	for _, name := range strings.FieldsFunc(os.Getenv("IOCP_WINDOWSISH"), func(r rune) bool { return r == ',' }) {
		behave, ok := windowsish[name]
		if !ok {
			panic("IOCP_WINDOWSISH names " + name + ", which is none of what there is")
		}
		behave()
	}
}

// pendings is the operations of one kind that the kernel has, by the addresses
// that it knows them by.
type pendings struct {
	mu    sync.Mutex
	socks map[uintptr]started
}

type started struct {
	sock windows.Handle
	r    *record
}

// start notes an operation before the call that starts it, since its packet may
// be dequeued before that returns.
func (p *pendings) start(sock windows.Handle, r *record, call func() error) error {
	p.mu.Lock()
	p.socks[addressOf(r)] = started{sock, r}
	p.mu.Unlock()
	err := call()
	if err != nil && err != windows.ERROR_IO_PENDING {
		p.take(addressOf(r))
	}
	return err
}

func (p *pendings) take(addr uintptr) (started, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.socks[addr]
	delete(p.socks, addr)
	return s, ok
}

// cancelsTakeAlong has the cancelling of one receive end all that the socket has
// pending (github.com/dotnet/corefx pull request 36516).
func cancelsTakeAlong() {
	p := &pendings{socks: map[uintptr]started{}}
	recv, recvFrom, cancel, dequeue := system.recv, system.recvFrom, system.cancel, system.dequeue
	system.recv = func(sock windows.Handle, r *record) error {
		return p.start(sock, r, func() error { return recv(sock, r) })
	}
	system.recvFrom = func(sock windows.Handle, r *record) error {
		return p.start(sock, r, func() error { return recvFrom(sock, r) })
	}
	system.dequeue = func(port windows.Handle, entries []win.OverlappedEntry, timeout uint32) (int, error) {
		n, err := dequeue(port, entries, timeout)
		for _, e := range entries[:n] {
			p.take(e.Overlapped)
		}
		return n, err
	}
	system.cancel = func(h windows.Handle, ov *windows.Overlapped) error {
		err := cancel(h, ov)
		p.mu.Lock()
		defer p.mu.Unlock()
		if err != nil || ov == nil || !p.has(ov) {
			return err
		}
		for _, s := range p.socks {
			if s.sock == h {
				cancel(h, &s.r.ov)
			}
		}
		return nil
	}
}

func (p *pendings) has(ov *windows.Overlapped) bool {
	for _, s := range p.socks {
		if &s.r.ov == ov {
			return true
		}
	}
	return false
}

// refusedAfter stands for the two seconds in which Windows sends a SYN three
// times to a port that refused the first.
const refusedAfter = 300 * time.Millisecond

// refusalsComeLate delays the packets of refused connects.
func refusalsComeLate() {
	p := &pendings{socks: map[uintptr]started{}}
	connect, dequeue := system.connect, system.dequeue
	system.connect = func(sock windows.Handle, to windows.Sockaddr, r *record) error {
		return p.start(sock, r, func() error { return connect(sock, to, r) })
	}
	system.dequeue = func(port windows.Handle, entries []win.OverlappedEntry, timeout uint32) (int, error) {
		n, err := dequeue(port, entries, timeout)
		kept := entries[:0]
		for _, e := range entries[:n] {
			s, ok := p.take(e.Overlapped)
			if !ok || s.r.status() == 0 || s.r.status() == windows.ERROR_OPERATION_ABORTED {
				kept = append(kept, e)
				continue
			}
			time.AfterFunc(refusedAfter, func() {
				windows.PostQueuedCompletionStatus(port, e.Bytes, e.Key, &s.r.ov)
			})
		}
		return len(kept), err
	}
}
