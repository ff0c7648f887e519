package main

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	pictureWidth  = 24 * vg.Centimeter
	panelHeight   = 10 * vg.Centimeter
	legendWidth   = 3.5 * vg.Centimeter
	pictureMargin = 0.5 * vg.Centimeter
)

func isPicture(file string) bool {
	return slices.Contains([]string{".svg", ".png"}, strings.ToLower(filepath.Ext(file)))
}

// draw makes a picture of each family and returns the files.
func (r *results) draw(file string) (drawn []string, err error) {
	families := r.families()
	if len(families) == 0 {
		return nil, errors.New("there is nothing to draw: no two scenarios differ in their connections alone")
	}
	for _, f := range families {
		name := f.file(file, families)
		if err := r.drawFamily(name, f); err != nil {
			return drawn, fmt.Errorf("can't draw %s: %w", name, err)
		}
		drawn = append(drawn, name)
	}
	return drawn, nil
}

// drawFamily draws two panels over the same axis of connections: the cost of
// each server, and what ours costs divided by it. One that has only been
// compared with itself has no second.
func (r *results) drawFamily(file string, f family) error {
	curves := f.curves(r.names(), r.Conditions.Base)
	legend := plot.NewLegend()
	legend.Top, legend.Left, legend.Padding = true, true, vg.Points(4)
	upper, err := f.costPanel(curves, &r.Conditions, &legend)
	if err != nil {
		return err
	}
	panels := [][]*plot.Plot{{upper}}
	if slices.ContainsFunc(curves, func(c curve) bool { return len(c.ratios) > 0 }) {
		lower, err := f.ratioPanel(curves, &r.Conditions)
		if err != nil {
			return err
		}
		panels = append(panels, []*plot.Plot{lower})
	}
	return save(file, panels, &legend)
}

// save draws the panels above each other, with the legend beside them.
func save(file string, panels [][]*plot.Plot, legend *plot.Legend) error {
	format := strings.ToLower(filepath.Ext(file))[1:]
	height := vg.Length(len(panels))*panelHeight + 2*pictureMargin
	canvas, err := draw.NewFormattedCanvas(pictureWidth, height, format)
	if err != nil {
		return err
	}
	whole := draw.New(canvas)
	whole.SetColor(color.White)
	whole.Fill(whole.Rectangle.Path())
	inner := draw.Crop(whole, pictureMargin, -pictureMargin, pictureMargin, -pictureMargin)
	left := draw.Crop(inner, 0, -legendWidth-pictureMargin, 0, 0)
	tiles := draw.Tiles{Rows: len(panels), Cols: 1, PadY: pictureMargin}
	for i, row := range plot.Align(panels, tiles, left) {
		panels[i][0].Draw(row[0])
	}
	legend.Draw(draw.Crop(inner, inner.Max.X-inner.Min.X-legendWidth, 0, 0, -pictureMargin))
	return write(file, canvas)
}

// write leaves no half of a picture behind.
func write(file string, from io.WriterTo) error {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	_, err = from.WriteTo(out)
	if err := errors.Join(err, out.Close()); err != nil {
		os.Remove(file)
		return err
	}
	return nil
}
