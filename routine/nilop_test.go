package routine_test

import (
	"errors"
	"net/netip"
	"reflect"
	"testing"

	"iocp"
	"iocp/routine"
)

// Every method that takes an Op refuses a nil one, and the next call with an Op
// works. Cancel finds nothing under way with it.
func TestNilOp(t *testing.T) {
	overBackends(t, func(t *testing.T, backend string) {
		tr := newTrial(t, backend)
		l := tr.listener()
		loose, err := tr.thread.NewSocket(iocp.IPv4)
		tr.must(err)
		peer := tr.dial(l.Addr())
		for _, on := range []any{tr.thread, l, loose, tr.tryAccept(l)} {
			tr.nilOps(on)
		}
		var op routine.Op
		var r result
		tr.must(loose.Connect(&op, r.routine, l.Addr()))
		tr.until("the connect", r.done)
		tr.is(&r, 0, nil)
		tr.must(peer.Close())
	})
}

func (t *trial) nilOps(on any) {
	t.Helper()
	v := reflect.ValueOf(on)
	calls := 0
	for i := range v.NumMethod() {
		name, method := v.Type().Method(i).Name, v.Method(i)
		if method.Type().NumIn() == 0 || method.Type().In(0) != reflect.TypeFor[*routine.Op]() {
			continue
		}
		calls++
		want := iocp.ErrInvalid
		if name == "Cancel" {
			want = iocp.ErrNotFound
		}
		out := call(method)
		if err, _ := out[0].Interface().(error); !errors.Is(err, want) {
			t.Errorf("%T.%s with a nil Op: got %v, want %v", on, name, err, want)
		}
	}
	if calls == 0 {
		t.Errorf("%T has no method with an Op", on)
	}
}

// call calls a method with a nil Op and otherwise sensible arguments.
func call(method reflect.Value) []reflect.Value {
	var r result
	args := []reflect.Value{reflect.Zero(method.Type().In(0))}
	for i := 1; i < method.Type().NumIn(); i++ {
		switch typ := method.Type().In(i); typ {
		case reflect.TypeFor[routine.Routine]():
			args = append(args, reflect.ValueOf(routine.Routine(r.routine)))
		case reflect.TypeFor[routine.AcceptRoutine]():
			args = append(args, reflect.ValueOf(routine.AcceptRoutine(func(error, *routine.Socket, *routine.Op) {})))
		case reflect.TypeFor[netip.AddrPort]():
			args = append(args, reflect.ValueOf(netip.MustParseAddrPort("127.0.0.1:9")))
		case reflect.TypeFor[[][]byte]():
			args = append(args, reflect.ValueOf([][]byte{make([]byte, 1)}))
		default:
			args = append(args, reflect.Zero(typ))
		}
	}
	if method.Type().IsVariadic() {
		return method.CallSlice(args)
	}
	return method.Call(args)
}
