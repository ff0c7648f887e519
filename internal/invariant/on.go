//go:build race || invariants

// Package invariant holds assertions and buffer poisoning, compiled out unless
// the build is checked (-race, or -tags invariants).
package invariant

// Enabled reports whether this is a checked build.
const Enabled = true

// junk is what nobody would send on purpose; it reads as "dead" in a dump.
var junk = [4]byte{0xde, 0xad, 0xde, 0xad}

// Poison overwrites b, so that whoever still reads it finds out, and so that
// the race detector sees a write by the side that owns the buffer now.
func Poison(b []byte) {
	for i := range b {
		b[i] = junk[i&3]
	}
}

// Check panics with msg when ok is false.
func Check(ok bool, msg string) {
	if !ok {
		panic("iocp: invariant broken: " + msg)
	}
}
