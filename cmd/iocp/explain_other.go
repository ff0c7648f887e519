//go:build !windows

package main

const (
	inUseHint  = "another program listens on %s: stop it or choose another --listen"
	accessHint = "this system doesn't let you listen on %s: choose another --listen, such as one with a port above 1023"
)
