package main

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// style is how the curve of one server looks, in every panel.
type style struct {
	line  draw.LineStyle
	glyph draw.GlyphStyle
}

// styleOf tells servers apart by colour, dashes and shape; the one that all
// are compared with is black and thick.
func styleOf(i int, isBase bool) style {
	colors := plotutil.DarkColors
	s := style{
		line:  draw.LineStyle{Color: colors[i%len(colors)], Width: vg.Points(1.2), Dashes: plotutil.Dashes(i / len(colors))},
		glyph: draw.GlyphStyle{Color: colors[i%len(colors)], Radius: vg.Points(3), Shape: plotutil.Shape(i)},
	}
	if isBase {
		s.line = draw.LineStyle{Color: color.Black, Width: vg.Points(2.2)}
		s.glyph = draw.GlyphStyle{Color: color.Black, Radius: vg.Points(3), Shape: draw.CircleGlyph{}}
	}
	return s
}

// spread is what plotter wants of points with an interval.
type spread struct {
	plotter.XYs
	plotter.YErrors
}

// addCurve draws a line through the points, with their bars, as far as the
// panel reaches. It returns what a legend shows of it.
func addCurve(p *plot.Plot, points []point, s style, beside float64) ([]plot.Thumbnailer, error) {
	if len(points) == 0 {
		return nil, nil
	}
	var data spread
	for _, at := range points {
		data.XYs = append(data.XYs, plotter.XY{X: float64(at.conns) * beside, Y: at.value})
		data.YErrors = append(data.YErrors, struct{ Low, High float64 }{at.value - at.low, at.high - at.value})
	}
	line, dots, err := plotter.NewLinePoints(data.XYs)
	if err != nil {
		return nil, err
	}
	bars, err := plotter.NewYErrorBars(data)
	if err != nil {
		return nil, err
	}
	line.LineStyle, dots.GlyphStyle = s.line, s.glyph
	bars.LineStyle = draw.LineStyle{Color: s.line.Color, Width: vg.Points(0.7)}
	p.Add(unranged{bars}, line, dots)
	return []plot.Thumbnailer{line, dots}, nil
}

// unranged hides how far a drawing reaches, so that the panel doesn't make room
// for all of it.
type unranged struct{ plot.Plotter }

// level is a line across the panel.
func level(y float64) plot.Plotter {
	f := plotter.NewFunction(func(float64) float64 { return y })
	f.Color, f.Width = color.Gray{Y: 60}, vg.Points(1)
	return f
}

func newGrid() plot.Plotter {
	g := plotter.NewGrid()
	g.Vertical.Color, g.Horizontal.Color = color.Gray{Y: 205}, color.Gray{Y: 205}
	return g
}
