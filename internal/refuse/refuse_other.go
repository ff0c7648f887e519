//go:build !linux

package refuse

import "syscall"

var numberOf map[string]uint32

func refuseCalls(syscall.Errno, []uint32) error { return ErrHere }

func limitMemlock(uint64) error { return ErrHere }

func limitDescriptors(uint64) error { return ErrHere }

func dropPrivileges() error { return ErrHere }
