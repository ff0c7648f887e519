//go:build !windows

package portable

import "net"

// setKeepAlive configures TCP keepalive probes.
func setKeepAlive(c *net.TCPConn, cfg net.KeepAliveConfig) error { return c.SetKeepAliveConfig(cfg) }
