package porttest

import (
	"errors"
	"net"
	"net/netip"

	"iocp"
)

// datagram makes a UDP socket at an address of the loopback interface and
// associates it.
func (t *trial) datagram(key any, at netip.AddrPort) *iocp.Datagram {
	t.Helper()
	d, err := t.port.NewDatagram(at)
	if errors.Is(err, iocp.ErrNotSupported) {
		t.Skipf("capability: %v", err)
	}
	t.must(err)
	t.own(d)
	t.must(t.port.Associate(d, key))
	return d
}

// A mailbox is a foreign datagram socket.
type mailbox struct {
	t *trial
	udpConn
}

func (t *trial) mailbox(at netip.AddrPort) *mailbox {
	t.Helper()
	conn, err := t.foreignNet().mailbox(at)
	t.must(err)
	t.foreign = append(t.foreign, conn)
	t.must(conn.SetDeadline(t.deadline))
	return &mailbox{t, conn}
}

func (m *mailbox) addr() netip.AddrPort { return m.LocalAddr().(*net.UDPAddr).AddrPort() }

func (m *mailbox) send(to netip.AddrPort, msg string) {
	m.t.Helper()
	_, err := m.WriteToUDPAddrPort([]byte(msg), to)
	m.t.must(err)
}

// receives checks what the next datagram is and who sent it.
func (m *mailbox) receives(msg string, from netip.AddrPort) {
	m.t.Helper()
	buf := make([]byte, 1<<16)
	n, sender, err := m.ReadFromUDPAddrPort(buf)
	m.t.must(err)
	m.t.must(compare(buf[:n], []byte(msg)))
	if sender != from {
		m.t.Fatalf("the datagram %q came from %v, want %v", msg, sender, from)
	}
}

func (t *trial) recvFrom(d *iocp.Datagram, op *iocp.Op, bufs ...[]byte) {
	t.Helper()
	t.begin(op, func() error { return d.RecvFrom(op, bufs...) })
}

func (t *trial) sendTo(d *iocp.Datagram, op *iocp.Op, to netip.AddrPort, bufs ...[]byte) {
	t.Helper()
	t.begin(op, func() error { return d.SendTo(op, to, bufs...) })
}

// sentBy checks a completion's sender.
func (t *trial) sentBy(c iocp.Completion, from netip.AddrPort) {
	t.Helper()
	if c.From != from || c.FromPath != "" {
		t.Fatalf("the datagram is from %v %q, want %v", c.From, c.FromPath, from)
	}
}
