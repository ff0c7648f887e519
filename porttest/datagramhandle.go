package porttest

import (
	"net"
	"net/netip"

	"iocp"
)

// What is said of every handle, on datagram sockets: C46, C100, C109.

func datagramRefused(t *trial) {
	d := t.datagram("socket", loopback4)
	var op iocp.Op
	t.refused(d.RecvFrom(&op), iocp.ErrInvalid)
	t.refused(d.SendTo(&op, netip.AddrPort{}, nil), iocp.ErrInvalid)
	t.refused(d.SendTo(&op, loopback4, nil), iocp.ErrInvalid) // port 0
	t.refused(d.SendTo(&op, netip.MustParseAddrPort("[::1]:9"), nil), iocp.ErrInvalid)
	t.refused(d.SendToUnix(&op, "path", nil), iocp.ErrInvalid)
	t.recvFrom(d, &op, make([]byte, 8))
	t.refused(d.RecvFrom(&op, make([]byte, 8)), iocp.ErrBusy)
	_, err := t.port.NewDatagram(d.Addr())
	t.refused(err, iocp.ErrAddrInUse)
	loose, err := t.port.NewDatagram(loopback4)
	t.must(err)
	t.own(loose)
	var second iocp.Op
	t.refused(loose.RecvFrom(&second, make([]byte, 8)), iocp.ErrNotAssociated)
	t.quiet()
}

func datagramCancel(t *trial) {
	d, peer := t.datagram("socket", loopback4), t.mailbox(loopback4)
	var ops [3]iocp.Op
	for i := range ops {
		t.recvFrom(d, &ops[i], make([]byte, 8))
	}
	t.must(d.Cancel(&ops[0]))
	t.expect(packet{op: &ops[0], key: "socket", err: iocp.ErrAborted})
	t.refused(d.Cancel(&ops[0]), iocp.ErrNotFound)
	peer.send(d.Addr(), "abc")
	t.expect(packet{op: &ops[1], key: "socket", n: 3})
	t.must(d.CancelAll())
	t.expect(packet{op: &ops[2], key: "socket", err: iocp.ErrAborted})
	t.refused(d.CancelAll(), iocp.ErrNotFound)
	t.recvFrom(d, &ops[0], make([]byte, 8))
	peer.send(d.Addr(), "abcd")
	t.expect(packet{op: &ops[0], key: "socket", n: 4})
}

func datagramClose(t *trial) {
	d := t.datagram("socket", loopback4)
	var ops [3]iocp.Op
	for i := range ops {
		t.recvFrom(d, &ops[i], make([]byte, 8))
	}
	at := d.Addr()
	t.must(d.Close())
	for i := range ops {
		t.expect(packet{op: &ops[i], key: "socket", err: net.ErrClosed})
	}
	t.refused(d.Close(), net.ErrClosed)
	t.refused(d.RecvFrom(&ops[0], make([]byte, 8)), net.ErrClosed)
	t.await("the address to be free again", func() bool {
		conn, err := t.foreignNet().mailbox(at)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}
