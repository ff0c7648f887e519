package winport

import (
	"golang.org/x/sys/windows"

	"iocp/internal/sys/win"
)

// system is the calls that Windows may answer otherwise than Wine. They are
// variables so that the package's tests see which are made, and so that a build
// with the tag windowsish has them behave as Windows does, or may.
var system = struct {
	dequeue func(port windows.Handle, entries []win.OverlappedEntry, timeout uint32) (int, error)
	cancel  func(h windows.Handle, ov *windows.Overlapped) error

	setOption     func(sock windows.Handle, level, name, value int) error
	setSYNRetries func(sock windows.Handle, retries uint8) error
	bind          func(sock windows.Handle, to windows.Sockaddr) error
	listen        func(sock windows.Handle, backlog int) error

	socket   func(family, kind, protocol int32) (windows.Handle, error)
	recv     func(sock windows.Handle, r *record) error
	send     func(sock windows.Handle, r *record) error
	sendNow  func(sock windows.Handle, b []byte) (int, error)
	recvFrom func(sock windows.Handle, r *record) error
	accept   func(l, conn windows.Handle, r *record) error
	connect  func(sock windows.Handle, to windows.Sockaddr, r *record) error
}{
	dequeue:       win.GetQueuedCompletionStatusEx,
	cancel:        windows.CancelIoEx,
	setOption:     windows.SetsockoptInt,
	setSYNRetries: win.SetSYNRetries,
	bind:          windows.Bind,
	listen:        windows.Listen,

	socket: func(family, kind, protocol int32) (windows.Handle, error) {
		return windows.WSASocket(family, kind, protocol, nil, 0,
			windows.WSA_FLAG_OVERLAPPED|windows.WSA_FLAG_NO_HANDLE_INHERIT)
	},
	recv: func(sock windows.Handle, r *record) error {
		return windows.WSARecv(sock, &r.bufs[0], uint32(len(r.bufs)), nil, &r.flags, &r.ov, nil)
	},
	send: func(sock windows.Handle, r *record) error {
		return windows.WSASend(sock, &r.bufs[0], uint32(len(r.bufs)), nil, 0, &r.ov, nil)
	},
	sendNow: win.SendNow,
	recvFrom: func(sock windows.Handle, r *record) error {
		if r.ends.asks {
			return r.ends.msg.Receive(sock, r.bufs, &r.ov)
		}
		return windows.WSARecvFrom(sock, &r.bufs[0], uint32(len(r.bufs)), nil, &r.flags,
			&r.ends.from, &r.ends.fromLen, &r.ov, nil)
	},
	accept: func(l, conn windows.Handle, r *record) error {
		return windows.AcceptEx(l, conn, &r.addrs[0], 0, uint32(win.AddrRoom), uint32(win.AddrRoom), &r.got, &r.ov)
	},
	connect: func(sock windows.Handle, to windows.Sockaddr, r *record) error {
		return windows.ConnectEx(sock, to, nil, 0, nil, &r.ov)
	},
}
