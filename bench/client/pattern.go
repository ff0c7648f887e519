//go:build linux

package main

import "math/rand/v2"

// Every connection sends the same endless stream, begun at another place: a
// block of random bytes again and again. What is sent and what is expected are
// slices of one piece of memory, so neither is ever made up.
const (
	block    = 4093 // a prime, so that no message size divides it
	chunkMax = 256 << 10
)

var pattern = func() []byte {
	p := make([]byte, block+chunkMax)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range block {
		p[i] = byte(r.Uint32())
	}
	for i := block; i < len(p); i++ {
		p[i] = p[i-block]
	}
	return p
}()

// piece is n bytes of a connection's stream, from position at, and no more
// than chunkMax.
func piece(conn int, at uint64, n uint64) []byte {
	start := (at + uint64(conn)*37) % block
	return pattern[start : start+min(n, chunkMax)]
}
