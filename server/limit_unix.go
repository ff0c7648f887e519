//go:build unix

package server

import "golang.org/x/sys/unix"

// descriptorsMax is how many descriptors this process may have, or the largest
// number if there is no limit.
func descriptorsMax() uint64 {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return connsMaxMost
	}
	return uint64(limit.Cur)
}
