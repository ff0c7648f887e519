//go:build invariants && !race

package invariant

func unordered(f func()) { f() }
