//go:build !windows

package model

func underWine() bool { return false }
