package server_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"iocp"
	"iocp/server"
)

// A server listens at addresses as package net takes them.
func TestListenAndServe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	for _, e := range []struct {
		addr string
		dial func(port string) (net.Conn, error)
	}{
		{"127.0.0.1:0", func(port string) (net.Conn, error) { return net.Dial("tcp", "127.0.0.1:"+port) }},
		{"localhost:0", func(port string) (net.Conn, error) { return net.Dial("tcp", "localhost:"+port) }},
		{":0", func(port string) (net.Conn, error) { return net.Dial("tcp4", "127.0.0.1:"+port) }},
		{"unix:" + path, func(string) (net.Conn, error) { return net.Dial("unix", path) }},
	} {
		t.Run(strings.ReplaceAll(e.addr, path, "path"), func(t *testing.T) {
			overBackends(t, func(t *testing.T, cfg server.Config) {
				srv, err := server.New(calls{data: func(c *server.Conn, data []byte) { c.TrySend(data) }}, cfg)
				if err != nil {
					t.Fatal(err)
				}
				served := make(chan error, 1)
				go func() { served <- srv.ListenAndServe(e.addr) }()
				var c net.Conn
				eventually(t, "a client connects", func() bool {
					_, port, _ := net.SplitHostPort(srv.Addr().String())
					c, err = e.dial(port)
					return err == nil || len(served) > 0
				})
				if err == nil {
					write(t, c, "hello")
					expect(t, c, "hello")
					c.Close()
				}
				if err := srv.Shutdown(context.Background()); err != nil {
					t.Error(err)
				}
				switch err := next(t, served); {
				case errors.Is(err, iocp.ErrNotSupported):
					t.Skipf("capability: %v", err)
				case !errors.Is(err, server.ErrServerClosed):
					t.Errorf("ListenAndServe = %v, want ErrServerClosed", err)
				}
			})
		})
	}
}

// What is no address, or can't be listened at, is said to be so.
func TestListenAndServeFails(t *testing.T) {
	taken, err := net.Listen("tcp", loopback.String())
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for addr, says := range map[string]string{
		"":                    "HOST:PORT",
		"8080":                "8080",
		"localhost:no-such":   "no-such",
		"127.0.0.1:70000":     "70000",
		taken.Addr().String(): taken.Addr().String(),
		"192.0.2.1:0":         "192.0.2.1",
	} {
		if err := server.ListenAndServe(addr, calls{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("ListenAndServe(%q) = %v, which doesn't say %q", addr, err, says)
		}
	}
	if err := server.ListenAndServe(taken.Addr().String(), calls{}); !errors.Is(err, iocp.ErrAddrInUse) {
		t.Errorf("ListenAndServe at an address in use = %v, want ErrAddrInUse", err)
	}
}
