package picture

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

// Bar is a value that is known to within an interval.
type Bar struct {
	Name            string
	Mean, Low, High float64
}

// Intervals draws values with their intervals, the first on top. Where two
// overlap, nothing is known of which is higher.
func Intervals(file, title, axis string, bars []Bar) error {
	p := newPlot(title)
	p.X.Label.Text = axis
	points := &intervals{}
	ticks := make([]plot.Tick, len(bars))
	for i, b := range bars {
		y := float64(len(bars) - i)
		ticks[i] = plot.Tick{Value: y, Label: b.Name}
		points.XYs = append(points.XYs, plotter.XY{X: b.Mean, Y: y})
		points.XErrors = append(points.XErrors, struct{ Low, High float64 }{b.Low - b.Mean, b.High - b.Mean})
	}
	whiskers, err := plotter.NewXErrorBars(points)
	if err != nil {
		return err
	}
	dots, err := plotter.NewScatter(points)
	if err != nil {
		return err
	}
	whiskers.LineStyle.Width = vg.Points(1.5)
	whiskers.LineStyle.Color = color.Gray{Y: 90}
	dots.GlyphStyle = draw.GlyphStyle{Color: plotutil.Color(0), Radius: vg.Points(4), Shape: draw.CircleGlyph{}}
	p.Add(whiskers, dots)
	p.X.Tick.Marker = plot.TickerFunc(evenTicks)
	p.Y.Tick.Marker = plot.ConstantTicks(ticks)
	p.Y.Min, p.Y.Max = 0.5, float64(len(bars))+0.5
	return save(p, file, vg.Length(len(bars)+4)*vg.Centimeter)
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

// intervals is what plotter wants of points with a spread.
type intervals struct {
	plotter.XYs
	plotter.XErrors
}
