package main

// Windows lets anybody listen on ports below 1024, but it keeps ranges of ports for
// others. An address counts as used as long as connections of the last program
// that listened there are open, even without that program.
const (
	inUseHint = "another program listens on %s, or connections of one that has ended are still open: " +
		"stop it, wait a while, or choose another --listen"
	accessHint = "this system doesn't let you listen on %s: another program has it for itself, or its port is in a range " +
		"kept for others (netsh int ipv4 show excludedportrange protocol=tcp): choose another --listen"
)
