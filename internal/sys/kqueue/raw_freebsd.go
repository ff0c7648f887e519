package kqueue

import "golang.org/x/sys/unix"

// raw has the token in ext[2], which comes back as it is, for all filters (kevent(2));
// udata is a pointer, and has 32 bits on some machines.
type raw = unix.Kevent_t

func setRaw(r *raw, e *Event) {
	*r = raw{Fflags: e.Fflags, Data: e.Data}
	unix.SetKevent(r, e.Ident, int(e.Filter), int(e.Flags))
	r.Ext[2] = e.Token
}

func eventOf(r *raw) Event {
	return Event{Ident: int(r.Ident), Filter: r.Filter, Flags: r.Flags, Fflags: r.Fflags, Data: r.Data, Token: r.Ext[2]}
}

func kevents(some []raw) []unix.Kevent_t { return some }
