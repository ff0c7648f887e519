package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// costPanel shows what each server takes. For the memory of a silent
// connection its axis is logarithmic, since there servers differ by orders of
// magnitude.
func (f *family) costPanel(curves []curve, c *conditions, legend *plot.Legend) (*plot.Plot, error) {
	p := f.newPanel(c.Load)
	p.Title.Text = f.title(c) + " (bars: least and most of the rounds)"
	p.Y.Label.Text = "µs"
	var all []point
	for _, curve := range curves {
		all = append(all, curve.cost...)
	}
	clip := fromZero(p, all)
	if f.shape.silent() {
		p.Y.Label.Text = "bytes"
		clip = logarithmic(p, all)
	}
	for i, curve := range curves {
		shown, err := addCurve(p, clip(curve.cost), styleOf(i, curve.server == c.Base), f.dodge(i, len(curves)))
		if err != nil {
			return nil, err
		}
		legend.Add(curve.server, shown...)
	}
	return p, nil
}

// ratioPanel shows how the base compares with each other server. Half as much
// and twice as much are equally far from as much.
func (f *family) ratioPanel(curves []curve, c *conditions) (*plot.Plot, error) {
	p := f.newPanel(c.Load)
	p.Title.Text = c.Base + " / the other: under 1, " + c.Base + " takes less (bars: 95 % interval)"
	p.Y.Label.Text = "ratio"
	all := []point{{value: 1 / 1.5}, {value: 1.5}} // at least
	for _, curve := range curves {
		all = append(all, curve.ratios...)
	}
	clip := logarithmic(p, all)
	p.Add(level(1))
	for i, curve := range curves {
		if _, err := addCurve(p, clip(curve.ratios), styleOf(i, false), f.dodge(i, len(curves))); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// newPanel is an empty picture over the family's connections. Its axis is
// labelled where something was measured.
func (f *family) newPanel(load string) *plot.Plot {
	p := plot.New()
	p.Title.Padding = vg.Points(6)
	p.X.Label.Text = "connections"
	if load == "chat" {
		p.X.Label.Text = "listeners"
	}
	p.X.Scale = plot.LogScale{}
	var ticks []plot.Tick
	for _, o := range f.outcomes {
		n := o.Scenario.Conns
		ticks = append(ticks, plot.Tick{Value: float64(n), Label: short(n)})
	}
	p.X.Tick.Marker = plot.ConstantTicks(ticks)
	const beyond = 1.1
	p.X.Min, p.X.Max = ticks[0].Value/beyond, ticks[len(ticks)-1].Value*beyond
	p.Add(newGrid())
	return p
}

// dodge is a factor that puts the points of one of n curves a little beside
// those of the others, so that their bars can be told apart.
func (f *family) dodge(i, n int) float64 {
	const step = 0.003 // of the axis
	first, last := f.outcomes[0].Scenario.Conns, f.outcomes[len(f.outcomes)-1].Scenario.Conns
	return math.Pow(float64(last)/float64(first), step*(float64(i)-float64(n-1)/2))
}

// title says what is measured. The labels of the axes are too short for that:
// plot takes the middle of a logarithmic axis to be near its end, and leaves
// room there for the label.
func (f *family) title(c *conditions) string {
	s := f.shape
	if s.silent() {
		return fmt.Sprintf("resident memory per silent connection, after %d bytes", s.Size)
	}
	parts := []string{fmt.Sprintf("server CPU per %s: %s of %d bytes", c.Unit, c.Load, s.Size)}
	if s.Depth > 1 {
		parts = append(parts, fmt.Sprintf("%d deep", s.Depth))
	}
	title := strings.Join(parts, ", ") + s.pace()
	if s.Placement == shared || s.Placement == rival {
		title += ", " + string(s.Placement)
	}
	return title
}

// fromZero gives a panel an axis with room for the values and all their bars.
func fromZero(p *plot.Plot, points []point) (clip func([]point) []point) {
	p.Y.Min, p.Y.Max = 0, 0
	for _, at := range points {
		p.Y.Max = max(p.Y.Max, at.high)
	}
	return func(points []point) []point { return points }
}

// logarithmic gives a panel an axis with room for the values. Bars can be much
// longer; what it returns has them end out of sight, and leaves out what can't
// be on such an axis.
func logarithmic(p *plot.Plot, points []point) (clip func([]point) []point) {
	low, high := math.Inf(1), 0.0
	for _, at := range points {
		if at.value > 0 {
			low, high = min(low, at.value), max(high, at.value)
		}
	}
	if high == 0 {
		low, high = 1, 10
	}
	const beyond, sight = 1.3, 2
	low, high = low/beyond, high*beyond
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.TickerFunc(roundTicks)
	p.Y.Min, p.Y.Max = low, high
	return func(points []point) (clipped []point) {
		for _, at := range points {
			if at.value > 0 {
				at.low, at.high = max(at.low, low/sight), min(at.high, high*sight)
				clipped = append(clipped, at)
			}
		}
		return clipped
	}
}

// roundTicks marks 1, 2 and 5 times the powers of ten, and more where there
// would be few of them.
func roundTicks(low, high float64) (ticks []plot.Tick) {
	round := []float64{1, 2, 5}
	if high < 10*low {
		round = []float64{1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9}
	}
	for exponent := math.Floor(math.Log10(low)); exponent <= math.Log10(high); exponent++ {
		for _, n := range round {
			if v := n * math.Pow(10, exponent); v >= low && v <= high {
				label := strconv.FormatFloat(v, 'f', max(1, 1-int(exponent)), 64)
				label = strings.TrimSuffix(strings.TrimRight(label, "0"), ".")
				ticks = append(ticks, plot.Tick{Value: v, Label: label})
			}
		}
	}
	return ticks
}

// short writes 1500 as 1.5k, for which there is room on an axis.
func short(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return strconv.FormatFloat(float64(n)/1000, 'f', -1, 64) + "k"
}
