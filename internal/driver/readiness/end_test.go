//go:build linux || darwin || freebsd

package readiness

import (
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
)

// A receive that meets the end of the stream while a send is under way is made
// again together with the next send, and then it is over, however many sends are
// pending behind.
func TestEndComesAmongSends(t *testing.T) {
	exec := &gated{come: make(chan struct{}, 1), gone: make(chan struct{}, 1)}
	exec.open.Store(true)
	b := newBench(t, exec)
	owner := b.join(1)[0]
	l := b.lines(1, owner)[0]
	exec.open.Store(false)

	var sends [3]driver.Op
	for i := range sends {
		sends[i].Kind = driver.KindSend
		sends[i].SetOneBuf([]byte("y"))
	}
	var flush sync.WaitGroup
	flush.Go(func() { b.must(l.Send(&sends[0])) })
	<-exec.come // the first send is under way
	for i := range sends[1:] {
		b.must(l.Send(&sends[1+i]))
	}
	b.must(unix.Shutdown(l.peer, unix.SHUT_WR))
	exec.open.Store(true)
	b.look(owner)
	if len(b.hearers(l.op)) != 0 {
		t.Fatal("the end was taken for one beside a send that may have met a reset")
	}
	exec.open.Store(false)
	exec.gone <- struct{}{} // the first send goes on
	<-exec.come             // the second is under way, and with it the receive
	exec.gone <- struct{}{}
	<-exec.come // the third
	if len(b.hearers(&sends[1])) != 1 || len(b.hearers(&sends[2])) != 0 {
		t.Fatal("the sends weren't made one after the other")
	}
	over := len(b.hearers(l.op))
	exec.open.Store(true)
	exec.gone <- struct{}{}
	flush.Wait()
	if over != 1 || l.op.N != 0 || l.op.Err != nil {
		t.Errorf("with the second send the receive was over %d times; %d bytes, %v", over, l.op.N, l.op.Err)
	}
}
