package kqueue

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// raw is unix.Kevent_t but for the type of its last field, which is a number here and
// must not be taken for a pointer by the garbage collector.
type raw struct {
	ident  uint64
	filter int16
	flags  uint16
	fflags uint32
	data   int64
	udata  uint64
}

var _ = [1]struct{}{}[unsafe.Sizeof(raw{})^unsafe.Sizeof(unix.Kevent_t{})|unsafe.Offsetof(raw{}.udata)^unsafe.Offsetof(unix.Kevent_t{}.Udata)]

func setRaw(r *raw, e *Event) {
	*r = raw{uint64(e.Ident), e.Filter, e.Flags, e.Fflags, e.Data, e.Token}
}

func eventOf(r *raw) Event {
	return Event{Ident: int(r.ident), Filter: r.filter, Flags: r.flags, Fflags: r.fflags, Data: r.data, Token: r.udata}
}

func kevents(some []raw) []unix.Kevent_t {
	return unsafe.Slice((*unix.Kevent_t)(unsafe.Pointer(unsafe.SliceData(some))), len(some))
}
