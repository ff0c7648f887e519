//go:build !unix

package server

// descriptorsMax is how many descriptors this process may have: there is no
// such limit to be asked for.
func descriptorsMax() uint64 { return connsMaxMost }
