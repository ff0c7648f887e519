//go:build !race && !invariants

// Package invariant holds assertions and buffer poisoning, compiled out unless
// the build is checked (-race, or -tags invariants).
package invariant

// Enabled reports whether this is a checked build.
const Enabled = false

// Poison does nothing in this build.
func Poison([]byte) {}

// Check does nothing in this build.
func Check(bool, string) {}
