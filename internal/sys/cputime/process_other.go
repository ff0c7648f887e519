//go:build !unix && !windows

package cputime

import "time"

// Grain means nothing here.
const Grain = time.Duration(0)

func process() (time.Duration, bool) { return 0, false }
