package main

import (
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// bar is a value that is known to within an interval.
type bar struct {
	name            string
	mean, low, high float64
}

// intervals draws values with their intervals, the first on top. Where two
// overlap, nothing is known of which is higher.
func intervals(title, axis string, bars []bar) (*picture, error) {
	p := newPlot(title)
	p.X.Label.Text = axis
	points := &spreads{}
	ticks := make([]plot.Tick, len(bars))
	for i, b := range bars {
		y := float64(len(bars) - i)
		ticks[i] = plot.Tick{Value: y, Label: b.name}
		points.XYs = append(points.XYs, plotter.XY{X: b.mean, Y: y})
		points.XErrors = append(points.XErrors, struct{ Low, High float64 }{b.low - b.mean, b.high - b.mean})
	}
	whiskers, err := plotter.NewXErrorBars(points)
	if err != nil {
		return nil, err
	}
	dots, err := plotter.NewScatter(points)
	if err != nil {
		return nil, err
	}
	whiskers.LineStyle.Width = vg.Points(1.5)
	whiskers.LineStyle.Color = color.Gray{Y: 90}
	dots.GlyphStyle = draw.GlyphStyle{Color: plotutil.Color(0), Radius: vg.Points(4), Shape: draw.CircleGlyph{}}
	p.Add(whiskers, dots)
	p.X.Tick.Marker = plot.TickerFunc(evenTicks)
	p.Y.Tick.Marker = plot.ConstantTicks(ticks)
	p.Y.Min, p.Y.Max = 0.5, float64(len(bars))+0.5
	return &picture{p, vg.Length(len(bars)+4) * vg.Centimeter}, nil
}

// evenTicks labels some even steps with as many digits as tell them apart,
// which plot's own ticks don't always have.
func evenTicks(low, high float64) (ticks []plot.Tick) {
	const most = 8
	step, digits := 1.0, 0
	for step*most/2 > high-low && digits < 12 {
		step, digits = step/10, digits+1
	}
	for _, larger := range []float64{1, 2, 5, 10} {
		if (high-low)/(step*larger) <= most || larger == 10 {
			step *= larger
			break
		}
	}
	for n := math.Ceil(low / step); n*step <= high && len(ticks) < 10*most; n++ {
		ticks = append(ticks, plot.Tick{Value: n * step, Label: strconv.FormatFloat(n*step, 'f', digits, 64)})
	}
	return ticks
}

// spreads is what plotter wants of points with a spread.
type spreads struct {
	plotter.XYs
	plotter.XErrors
}
