//go:build !windows

package porttest

func underWine() bool { return false }
