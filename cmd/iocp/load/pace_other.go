//go:build !linux

package load

import "time"

func newSleeper() (sleep func(time.Duration)) { return time.Sleep }
