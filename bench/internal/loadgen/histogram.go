// Package loadgen is what the clients in Go have in common: how they count
// latencies, and the window in which they do.
package loadgen

import (
	"math"
	"math/bits"

	"iocp/bench/internal/figures"
)

// fine is the number of buckets for each doubling, as a power of two: latencies
// are told apart to one part in 128.
const fine = 7

// Histogram counts nanoseconds. The first 1<<fine values have a bucket each,
// and each doubling after that has 1<<fine buckets.
type Histogram struct {
	buckets [(64 - fine + 1) << fine]uint64
	Count   uint64
	max     uint64
}

func bucket(ns uint64) int {
	doublings := max(bits.Len64(ns)-fine-1, 0)
	return doublings<<fine + int(ns>>doublings)
}

// value is the middle of a bucket.
func value(b int) float64 {
	doublings := max(b>>fine-1, 0)
	width := math.Ldexp(1, doublings)
	return (float64(b-doublings<<fine) + 0.5) * width
}

// Record counts a latency n times.
func (h *Histogram) Record(ns int64, n uint64) {
	v := uint64(max(ns, 0))
	h.buckets[bucket(v)] += n
	h.Count += n
	h.max = max(h.max, v)
}

// Merge adds what another has counted.
func (h *Histogram) Merge(o *Histogram) {
	for i, n := range o.buckets {
		h.buckets[i] += n
	}
	h.Count += o.Count
	h.max = max(h.max, o.max)
}

// At is the value that the given part of all values doesn't exceed.
func (h *Histogram) At(part float64) float64 {
	rank := uint64(math.Ceil(part * float64(h.Count)))
	var seen uint64
	for b, n := range h.buckets {
		if seen += n; seen >= rank && n > 0 {
			return min(value(b), float64(h.max))
		}
	}
	return 0
}

// Summary has the figures that are told.
func (h *Histogram) Summary() figures.Latency {
	us := func(ns float64) float64 { return math.Round(ns/10) / 100 }
	return figures.Latency{P50: us(h.At(0.5)), P99: us(h.At(0.99)), P999: us(h.At(0.999)), Max: us(float64(h.max))}
}
