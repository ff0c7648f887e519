package main

import (
	"image/color"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	width  = 20 * vg.Centimeter
	height = 12 * vg.Centimeter
	margin = 0.5 * vg.Centimeter
)

// picture is a plot, and how high it is to be drawn.
type picture struct {
	plot   *plot.Plot
	height vg.Length
}

// newPlot is an empty picture with a title over it.
func newPlot(title string) *plot.Plot {
	p := plot.New()
	p.Title.Text = title
	p.Title.Padding = vg.Points(6)
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.Padding = vg.Points(3)
	p.Add(plotter.NewGrid())
	return p
}

// write writes the picture in a format, svg or png, with a margin.
func (p *picture) write(out io.Writer, format string) error {
	canvas, err := draw.NewFormattedCanvas(width, p.height, format)
	if err != nil {
		return err
	}
	p.plot.BackgroundColor = color.White
	whole := draw.New(canvas)
	whole.SetColor(color.White)
	whole.Fill(whole.Rectangle.Path())
	p.plot.Draw(draw.Crop(whole, margin, -margin, margin, -margin))
	_, err = canvas.WriteTo(out)
	return err
}
