package main

import (
	"fmt"
	"math"
	"slices"
)

// comparison is a ratio found from pairs of runs, with the interval that holds
// it with a probability of 95 %.
type comparison struct {
	Ratio float64 `json:"ratio"`
	Low   float64 `json:"low,omitempty"` // 0: one pair has no interval
	High  float64 `json:"high,omitempty"`
	Pairs int     `json:"pairs"`
}

// compare works on the logarithms of the pairs' ratios, so that it doesn't
// matter which of the two is the divisor. Their mean has Student's
// distribution, as far as the noise of a run is normal.
func compare(ratios []float64) comparison {
	n := len(ratios)
	if n == 0 {
		return comparison{}
	}
	var sum, squares float64
	for _, r := range ratios {
		sum += math.Log(r)
	}
	mean := sum / float64(n)
	c := comparison{Ratio: math.Exp(mean), Pairs: n}
	if n == 1 {
		return c
	}
	for _, r := range ratios {
		d := math.Log(r) - mean
		squares += d * d
	}
	half := student95(n-1) * math.Sqrt(squares/float64(n-1)/float64(n))
	c.Low, c.High = math.Exp(mean-half), math.Exp(mean+half)
	return c
}

// inverse is the ratio the other way round.
func (c comparison) inverse() comparison {
	over := func(f float64) float64 {
		if f == 0 {
			return 0 // there is none
		}
		return 1 / f
	}
	return comparison{Ratio: over(c.Ratio), Low: over(c.High), High: over(c.Low), Pairs: c.Pairs}
}

// resolved reports whether the interval excludes that there is no difference,
// as far as it is printed.
func (c comparison) resolved() bool {
	const half = 0.005
	return c.Pairs > 1 && (c.Low >= 1+half || c.High < 1-half)
}

func (c comparison) String() string {
	switch {
	case c.Pairs == 0:
		return "-"
	case c.Pairs == 1:
		return fmt.Sprintf("%.2f (one pair)", c.Ratio)
	case !c.resolved():
		return fmt.Sprintf("%.2f [%.2f, %.2f] not resolved", c.Ratio, c.Low, c.High)
	}
	return fmt.Sprintf("%.2f [%.2f, %.2f]", c.Ratio, c.Low, c.High)
}

// student95 is the 97.5 % quantile of Student's distribution.
func student95(freedom int) float64 {
	table := []float64{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
		2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086}
	if freedom <= len(table) {
		return table[freedom-1]
	}
	// The first terms of the expansion in 1/freedom around the normal
	// distribution's quantile; right to three decimals from here on.
	const z = 1.959964
	f := float64(freedom)
	z3, z5, z7 := math.Pow(z, 3), math.Pow(z, 5), math.Pow(z, 7)
	return z + (z3+z)/(4*f) + (5*z5+16*z3+3*z)/(96*f*f) + (3*z7+19*z5+17*z3-15*z)/(384*f*f*f)
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	mid := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[mid]
	}
	return (sorted[mid-1] + sorted[mid]) / 2
}
