package driver_test

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"iocp/internal/driver"
	"iocp/internal/invariant"
)

// panics gives what f panics with, or the empty string.
func panics(f func()) (with string) {
	defer func() {
		if v := recover(); v != nil {
			with = fmt.Sprint(v)
		}
	}()
	f()
	return ""
}

// wantAudited checks a panic that only a checked build has. It must hold all of
// the words, in their order.
func wantAudited(t *testing.T, got string, words ...string) {
	t.Helper()
	if !invariant.Enabled {
		if got != "" {
			t.Errorf("a build that isn't checked panics: %s", got)
		}
		return
	}
	rest := got
	for _, w := range words {
		_, after, ok := strings.Cut(rest, w)
		if !ok {
			t.Fatalf("got the panic %q, want one with %q", got, words)
		}
		rest = after
	}
}

// lent is an op as the root gives it to a backend.
func lent(kind driver.Kind, bufs ...[]byte) *driver.Op {
	op := &driver.Op{Kind: kind}
	op.Pending.Begin()
	op.SetBufs(bufs)
	op.Lend()
	return op
}

func TestLentReceivesAreJunk(t *testing.T) {
	for _, kind := range []driver.Kind{driver.KindRecv, driver.KindRecvFrom, driver.KindReadAt} {
		short, long := []byte("..."), bytes.Repeat([]byte("."), 10_000)
		lent(kind, short, nil, long[:9_999])
		if kept := bytes.ContainsAny(short, ".") || bytes.ContainsAny(long[:9_999], "."); kept == invariant.Enabled {
			t.Errorf("%v: old bytes left: %v, in a checked build: %v", kind, kept, invariant.Enabled)
		}
		if long[9_999] != '.' {
			t.Errorf("%v: a byte that wasn't lent has changed", kind)
		}
	}
	for _, kind := range []driver.Kind{driver.KindSend, driver.KindSendTo, driver.KindWriteAt} {
		buf := []byte("...")
		lent(kind, buf)
		if string(buf) != "..." {
			t.Errorf("%v: the data is %q now", kind, buf)
		}
	}
}

func TestLentSendsAreWatched(t *testing.T) {
	for _, kind := range []driver.Kind{driver.KindSend, driver.KindSendTo, driver.KindWriteAt} {
		for _, at := range []int{0, 1_999} {
			first, second := make([]byte, 2_000), make([]byte, 2_000)
			op := lent(kind, first, second)
			clear(op.Bufs()) // as net.Buffers does when they have been sent
			second[at]++
			op.N = 4_000
			wantAudited(t, panics(op.Reclaim), "written to while a "+kind.String(), kind.String()+" submitted, 4000 bytes", "audit_test.go", "dequeued, 4000 bytes")
		}
	}
	op := lent(driver.KindSend, []byte("da"), []byte("ta"))
	clear(op.Bufs())
	if got := panics(op.Reclaim); got != "" {
		t.Errorf("only the headers were used up, but: %s", got)
	}
	data := []byte("data")
	op = lent(driver.KindSend, data)
	op.DropBufs() // refused: the data is the caller's again
	data[0]++
	op.SetBufs([][]byte{data})
	op.Lend()
	if got := panics(op.Reclaim); got != "" {
		t.Errorf("nothing was written to, but: %s", got)
	}
}

func TestCompletedTwice(t *testing.T) {
	var pending, queue driver.List
	first, op := lent(driver.KindRecv), lent(driver.KindRecv, make([]byte, 8))
	pending.Push(op)
	pending.Remove(op)
	op.N = 5
	queue.Push(first)
	queue.Push(op)
	// With another op between them, or the list would have no end.
	if invariant.Enabled {
		wantAudited(t, panics(func() { queue.Push(first) }), "queued that is queued already", "recv submitted", "queued")
		wantAudited(t, panics(func() { pending.Push(op) }), "queued that is queued already", "submitted, 8 bytes", "queued, 0 bytes", "queued, 5 bytes")
	}
	drain(&queue)

	op.Reclaim()
	op.Pending.End()
	wantAudited(t, panics(op.Reclaim), "completed that isn't outstanding", "submitted", "dequeued", "dequeued")
	wantAudited(t, panics(new(driver.Op).Reclaim), "completed that isn't outstanding", "no history")
}

func TestCopiedOp(t *testing.T) {
	op, other := lent(driver.KindRecv), new(driver.Op)
	op.Decline(driver.ErrReset)
	reflect.ValueOf(other).Elem().Set(reflect.ValueOf(op).Elem()) // behind the back of go vet
	wantAudited(t, panics(other.Lend), "copied after its first use", "recv submitted", "refused, 0 bytes, error: "+driver.ErrReset.Error())
	if got := panics(op.Lend); got != "" {
		t.Errorf("the original can't be used any more: %s", got)
	}
}

// What the checked build needs costs nothing elsewhere: it has no size, nor
// does Go pad the struct for it, as it does at the end of one.
func TestAuditsHaveNoSize(t *testing.T) {
	for _, typ := range []reflect.Type{reflect.TypeFor[driver.Op](), reflect.TypeFor[driver.Buf]()} {
		audits := false
		for i := range typ.NumField() {
			f := typ.Field(i)
			if !slices.Contains([]string{"audit", "history", "loan"}, f.Name) {
				continue
			}
			audits = true
			if (f.Type.Size() > 0) != invariant.Enabled || i == typ.NumField()-1 {
				t.Errorf("%v.%s is field %d of %d and has %d bytes", typ, f.Name, i+1, typ.NumField(), f.Type.Size())
			}
		}
		if !audits {
			t.Errorf("%v has no audit", typ)
		}
	}
}
