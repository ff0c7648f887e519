package porttest

import (
	"net"
	"net/netip"

	"iocp"
)

// virtualUDP is a UDP socket on a simulated network.
type virtualUDP struct{ virtualDatagram }

func (v *virtual) mailbox(at netip.AddrPort) (udpConn, error) {
	d, err := v.port.NewDatagram(at)
	if err != nil {
		return nil, err
	}
	return &virtualUDP{virtualDatagram{Datagram: d}}, v.port.Associate(d, nil)
}

func (d *virtualUDP) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	c := call(d.deadline(), func(op *iocp.Op) error { return d.SendTo(op, to, b) }, d.Cancel)
	return c.N, c.Err
}

func (d *virtualUDP) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	c := d.recv(b)
	return c.N, c.From, c.Err
}

func (d *virtualUDP) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(d.Addr()) }
