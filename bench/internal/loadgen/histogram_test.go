package loadgen

import (
	"math"
	"testing"
)

func TestHistogram(t *testing.T) {
	var h, half Histogram
	for ns := int64(1); ns <= 100_000; ns++ {
		if ns%2 == 0 {
			half.Record(ns, 1)
		} else {
			h.Record(ns, 1)
		}
	}
	h.Merge(&half)
	for part, want := range map[float64]float64{0.5: 50_000, 0.99: 99_000, 0.999: 99_900, 1: 100_000} {
		if got := h.At(part); math.Abs(got-want) > want/128 {
			t.Errorf("at %v: got %v, want %v", part, got, want)
		}
	}
	if s := h.Summary(); s.Max != 100 || math.Abs(s.P50-50) > 0.5 {
		t.Errorf("got %+v", s)
	}
}

// TestBuckets shows that buckets lie side by side and that each has its value
// inside.
func TestBuckets(t *testing.T) {
	last := 0
	for ns := uint64(0); ns < 1<<20; ns += 1 + ns/1000 {
		b := bucket(ns)
		if b < last || b > last+1 && ns < 1000 {
			t.Fatalf("bucket %d of %d ns comes after %d", b, ns, last)
		}
		if v := value(b); math.Abs(v-float64(ns)) > 1+float64(ns)/128 {
			t.Fatalf("bucket %d of %d ns stands for %v", b, ns, v)
		}
		last = b
	}
	if b := bucket(math.MaxUint64); b >= len(Histogram{}.buckets) {
		t.Errorf("the greatest value has bucket %d of %d", b, len(Histogram{}.buckets))
	}
}
