//go:build !linux

package load

import "time"

func exactTimers() {}

func newSleeper() (sleep func(time.Duration)) { return time.Sleep }
