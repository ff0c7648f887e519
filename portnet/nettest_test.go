package portnet_test

import (
	"errors"
	"net"
	"testing"

	"golang.org/x/net/nettest"

	"iocp"
	"iocp/portnet"
)

// The suite by which golang.org/x/net tells whether something is a net.Conn.
func TestNettest(t *testing.T) {
	overBackends(t, func(t *testing.T, n *portnet.Network) {
		for _, network := range []string{"tcp", "unix"} {
			t.Run(network, func(t *testing.T) {
				switch ln, err := n.Listen(network, place(t, network)); {
				case errors.Is(err, iocp.ErrNotSupported):
					t.Skipf("capability: %v", err)
				case err != nil:
					t.Fatal(err)
				default:
					ln.Close()
				}
				nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
					client, server := pair(t, n, network)
					return client, server, func() { client.Close(); server.Close() }, nil
				})
			})
		}
	})
}
