package main

import (
	"math"
	"testing"
)

func near(got, want, tolerance float64) bool { return math.Abs(got-want) <= tolerance }

func TestStudent95(t *testing.T) {
	for freedom, want := range map[int]float64{1: 12.706, 6: 2.447, 20: 2.086, 21: 2.080, 30: 2.042, 60: 2.000, 120: 1.980} {
		if got := student95(freedom); !near(got, want, 0.0006) {
			t.Errorf("%d degrees of freedom: got %.4f, want %.3f", freedom, got, want)
		}
	}
}

func TestCompare(t *testing.T) {
	// The logarithms to base 2 are 0, 1 and 2: mean 1, deviation 1, and
	// 4.303/sqrt(3) is 2.484.
	got := compare([]float64{1, 2, 4})
	if !near(got.Ratio, 2, 1e-9) || !near(got.Low, math.Exp2(1-2.4843), 1e-3) || !near(got.High, math.Exp2(1+2.4843), 1e-2) || got.Pairs != 3 {
		t.Errorf("got %+v", got)
	}
	inverse := compare([]float64{1, 0.5, 0.25})
	if !near(inverse.Low*got.High, 1, 1e-9) || !near(inverse.Ratio*got.Ratio, 1, 1e-9) {
		t.Errorf("the other way round it is %+v, which is not the inverse of %+v", inverse, got)
	}
}

func TestComparisonString(t *testing.T) {
	tests := []struct {
		ratios []float64
		want   string
	}{
		{nil, "-"},
		{[]float64{0.5}, "0.50 (one pair)"},
		{[]float64{0.5, 0.5, 0.5}, "0.50 [0.50, 0.50]"},
		{[]float64{2, 2, 2}, "2.00 [2.00, 2.00]"},
		{[]float64{0.9, 1.1, 1}, "1.00 [0.78, 1.28] not resolved"},
	}
	for _, tt := range tests {
		if got := compare(tt.ratios).String(); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.ratios, got, tt.want)
		}
	}
}

func TestMedian(t *testing.T) {
	for want, values := range map[float64][]float64{0: nil, 3: {3}, 2.5: {4, 1, 2, 3}, 7: {9, 1, 7}} {
		if got := median(values); got != want {
			t.Errorf("median of %v: got %v, want %v", values, got, want)
		}
	}
}
