// Package picture draws what the command's tools have measured.
package picture

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"os"
	"path/filepath"
	"strings"

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

// CheckName refuses a file whose name doesn't tell a format that can be
// written.
func CheckName(file string) error {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".svg", ".png":
		return nil
	}
	return fmt.Errorf("a picture is written as SVG or PNG, and the name %q doesn't say which: let it end in .svg or .png", file)
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

// save writes the picture in the format that its name tells, with a margin.
func save(p *plot.Plot, file string, h vg.Length) error {
	if err := CheckName(file); err != nil {
		return err
	}
	format := strings.ToLower(filepath.Ext(file))[1:]
	canvas, err := draw.NewFormattedCanvas(width, h, format)
	if err != nil {
		return err
	}
	p.BackgroundColor = color.White
	whole := draw.New(canvas)
	whole.SetColor(color.White)
	whole.Fill(whole.Rectangle.Path())
	p.Draw(draw.Crop(whole, margin, -margin, margin, -margin))
	return write(file, canvas)
}

// write leaves no half of a picture behind.
func write(file string, from io.WriterTo) error {
	f, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("can't write the picture: %w", err)
	}
	_, err = from.WriteTo(f)
	if err := errors.Join(err, f.Close()); err != nil {
		os.Remove(file)
		return fmt.Errorf("can't write the picture: %w", err)
	}
	return nil
}
