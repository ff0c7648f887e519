package iocp_test

import (
	"errors"
	"go/ast"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"iocp"
)

// nilOpAnswers are those of the methods for which a nil Op isn't ErrInvalid.
var nilOpAnswers = map[string]error{
	"Port.Post":        nil, // allowed: C34
	"Port.CancelTimer": iocp.ErrNotFound,
	"Cancel":           iocp.ErrNotFound,
}

// nilOpCase is something with methods that take an Op.
type nilOpCase struct {
	on    any
	only  string // one method of its, if not all
	but   string // or all but one
	owner string
}

// Every method that takes an Op refuses a nil one, before it changes anything:
// without a panic, and so that the next call with an Op works.
func TestNilOp(t *testing.T) {
	onBackendsAndSim(t, nilOps)
}

func nilOps(t *testing.T, backend string) {
	a := newAuditor(t, backend)
	defer a.port.Close()
	cases, missing := a.takers()
	called := map[string]bool{}
	for _, c := range cases {
		a.callAll(c, called)
	}
	readFace(t, ".").funcs(func(recv string, d *ast.FuncDecl, _ *ast.File) {
		name := d.Name.Name
		if takesOp(d) && !called[name] && !missing[recv] {
			t.Errorf("no value here has the method %s.%s, which takes an Op", recv, name)
		}
	})
	if n := a.port.Stats().InFlight; n != 1 {
		t.Errorf("%d operations in flight, want the packet that was posted", n)
	}
	a.wait(1)
	for _, c := range cases {
		if c.only == "Connect" {
			var connect iocp.Op
			l, err := a.port.Listen(anyPort, iocp.ListenConfig{})
			a.associate(l, err)
			check(t, c.on.(*iocp.Socket).Connect(&connect, l.Addr()))
			a.wait(1)
		}
	}
}

// takers makes one of everything that has methods that take an Op. missing are
// the types that the backend hasn't.
func (a *auditor) takers() (cases []nilOpCase, missing map[string]bool) {
	a.t.Helper()
	missing = map[string]bool{}
	add := func(owner, only, but string, h iocp.Handle, err error) {
		if errors.Is(err, iocp.ErrNotSupported) {
			missing[owner] = true
			return
		}
		check(a.t, err)
		check(a.t, a.port.Associate(h, nil))
		cases = append(cases, nilOpCase{h, only, but, owner})
	}
	from, to := a.streams()
	cases = append(cases, nilOpCase{on: a.port, owner: "Port"}, nilOpCase{on: from, but: "ConnectUnix", owner: "Socket"}, nilOpCase{on: to, but: "ConnectUnix", owner: "Socket"})
	s, err := a.port.NewSocket(iocp.IPv4)
	add("Socket", "Connect", "", s, err)
	u, err := a.port.NewUnixSocket()
	add("Socket", "ConnectUnix", "", u, err)
	l, err := a.port.Listen(anyPort, iocp.ListenConfig{})
	add("Listener", "", "", l, err)
	d, err := a.port.NewDatagram(anyPort)
	add("Datagram", "", "Send", d, err)
	if d, err = a.port.NewDatagram(anyPort); err == nil {
		check(a.t, d.Connect(d.Addr()))
	}
	add("Datagram", "Send", "", d, err)
	d, err = a.port.NewUnixDatagram("")
	add("Datagram", "SendToUnix", "", d, err)
	f, err := a.port.OpenFile(filepath.Join(a.t.TempDir(), "file"), os.O_CREATE|os.O_RDWR, 0o600)
	add("File", "", "", f, err)
	r, w, err := a.port.Pipe()
	add("pipeEnd", "", "", r, err)
	add("pipeEnd", "", "", w, err)
	missing["PipeReader"], missing["PipeWriter"] = missing["pipeEnd"], missing["pipeEnd"]
	return cases, missing
}

// callAll calls the methods of one value that take an Op, with nil.
func (a *auditor) callAll(c nilOpCase, called map[string]bool) {
	v := reflect.ValueOf(c.on)
	for i := range v.NumMethod() {
		name, method := v.Type().Method(i).Name, v.Method(i)
		if c.only != "" && name != c.only || c.but == name || !has(method.Type(), reflect.TypeFor[*iocp.Op]()) {
			continue
		}
		called[name] = true
		want := iocp.ErrInvalid
		for _, key := range []string{name, c.owner + "." + name} {
			if answer, ok := nilOpAnswers[key]; ok {
				want = answer
			}
		}
		if err := a.callNil(method); !errors.Is(err, want) {
			a.t.Errorf("%T.%s with a nil Op: got %v, want %v", c.on, name, err, want)
		}
	}
}

// callNil calls a method with a nil Op and with otherwise sensible arguments. A
// panic is an error.
func (a *auditor) callNil(method reflect.Value) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = errors.New("it panics")
		}
	}()
	var args []reflect.Value
	for i := range method.Type().NumIn() {
		args = append(args, a.argument(method.Type().In(i)))
	}
	call := method.Call
	if method.Type().IsVariadic() {
		call = method.CallSlice
	}
	out := call(args)
	err, _ = out[len(out)-1].Interface().(error)
	return err
}

func (a *auditor) argument(typ reflect.Type) reflect.Value {
	switch typ {
	case reflect.TypeFor[netip.AddrPort]():
		return reflect.ValueOf(netip.MustParseAddrPort("127.0.0.1:9"))
	case reflect.TypeFor[string]():
		return reflect.ValueOf("nobody")
	case reflect.TypeFor[time.Duration]():
		return reflect.ValueOf(time.Hour)
	case reflect.TypeFor[[][]byte]():
		return reflect.ValueOf([][]byte{make([]byte, 8)})
	case reflect.TypeFor[*iocp.File]():
		f, err := a.port.OpenFile(filepath.Join(a.t.TempDir(), "file"), os.O_CREATE|os.O_RDWR, 0o600)
		if errors.Is(err, iocp.ErrNotSupported) {
			return reflect.Zero(typ)
		}
		check(a.t, err)
		a.t.Cleanup(func() { f.Close() })
		return reflect.ValueOf(f)
	}
	return reflect.Zero(typ)
}

func has(method, parameter reflect.Type) bool {
	for i := range method.NumIn() {
		if method.In(i) == parameter {
			return true
		}
	}
	return false
}

func takesOp(d *ast.FuncDecl) bool {
	for _, field := range d.Type.Params.List {
		if star, ok := field.Type.(*ast.StarExpr); ok && strings.HasSuffix(typeName(star), "Op") && typeName(star) != "OpError" {
			return true
		}
	}
	return false
}
