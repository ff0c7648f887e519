//go:build !windows

package portable

import "net"

// setKeepAlive configures TCP keepalive probes. Turning them off leaves the rest.
func setKeepAlive(c *net.TCPConn, cfg net.KeepAliveConfig) error {
	if !cfg.Enable {
		return c.SetKeepAlive(false)
	}
	return c.SetKeepAliveConfig(cfg)
}
