package main

import (
	"errors"
	"fmt"
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
)

// curve is a distribution of nanoseconds, and what it is of.
type curve struct {
	name      string
	latencies *hdrhistogram.Histogram
}

// percentiles draws how long all but the slowest half, tenth, hundredth and so
// on took at most. Each further nine takes the same room, as is usual for HDR
// histograms: that is where servers differ.
func percentiles(title string, curves []curve) (*picture, error) {
	p := newPlot(title)
	p.X.Label.Text = "percentile"
	p.Y.Label.Text = "latency (µs)"
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.TickerFunc(nines)
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	for i, c := range curves {
		points := percentilePoints(c.latencies)
		if len(points) == 0 {
			return nil, errors.New("there is nothing to draw: no message came back")
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Dashes = plotutil.Color(i), plotutil.Dashes(i)
		line.Width *= 1.5
		p.Add(line)
		p.Legend.Add(c.name, line)
	}
	p.Y.Min, p.Y.Max = decades(p.Y.Min, p.Y.Max)
	p.X.Min, p.X.Max = 1, max(p.X.Max, 10)
	return &picture{p, height}, nil
}

// percentilePoints has 1/(1-q) for a quantile q: 10 for 90 %, 100 for 99 %.
// The slowest message of n has the quantile that n of them can tell of.
func percentilePoints(h *hdrhistogram.Histogram) plotter.XYs {
	n := h.TotalCount()
	var points plotter.XYs
	for x := 1.0; n > 0; x *= math.Pow(10, 1.0/16) {
		last := x >= float64(n)
		value := max(h.ValueAtPercentile(100*(1-1/x)), h.Min())
		if last {
			x, value = float64(max(n, 2)), h.Max()
		}
		points = append(points, plotter.XY{X: x, Y: float64(max(value, 1)) / 1e3})
		if last {
			break
		}
	}
	return points
}

// decades widens a range to powers of ten, so that a logarithmic axis has
// labels at its ends, and isn't empty.
func decades(low, high float64) (float64, float64) {
	low = math.Pow(10, math.Floor(math.Log10(low)))
	high = math.Pow(10, math.Ceil(math.Log10(high)))
	if high <= low {
		high = low * 10
	}
	return low, high
}

// nines marks 50 %, 90 %, 99 %, and so on.
func nines(_, high float64) []plot.Tick {
	ticks := []plot.Tick{{Value: 1, Label: "0 %"}, {Value: 2, Label: "50 %"}}
	for n, x := 1, 10.0; x <= high*1.001 && n < 12; n, x = n+1, x*10 {
		digits := max(n-2, 0)
		ticks = append(ticks, plot.Tick{Value: x, Label: fmt.Sprintf("%.*f %%", digits, 100*(1-1/x))})
	}
	return ticks
}
