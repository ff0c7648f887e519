package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// measured is what is drawn of a result of iocp load, or of a report of iocp
// tune: it has the fields of both.
type measured struct {
	Target   string `json:"target"`
	Scenario string `json:"scenario"`
	Conns    int    `json:"conns"`
	Size     int    `json:"size"`
	HDR      string `json:"latencies_hdr"`

	Goal     string    `json:"goal"`
	Settings []setting `json:"settings"`
}

// setting is one that tune has tried.
type setting struct {
	Backend     string `json:"backend"`
	Workers     int    `json:"workers"`
	Concurrency int    `json:"concurrency"`
	Batch       int    `json:"batch"`
	Contest     bool   `json:"contest"`
	Better      struct {
		Mean float64 `json:"mean"`
		Low  float64 `json:"low"`
		High float64 `json:"high"`
	} `json:"better_than_default"`
}

// read takes objects one after the other.
func read(in io.Reader) (all []measured, err error) {
	for dec := json.NewDecoder(in); ; {
		var m measured
		switch err := dec.Decode(&m); {
		case err == io.EOF && all == nil:
			return nil, errors.New("there is nothing to draw: give what iocp load or iocp tune prints with --json")
		case err == io.EOF:
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("this isn't what iocp load or iocp tune prints with --json: %w", err)
		}
		all = append(all, m)
	}
}

func pictureOf(all []measured, title string) (*picture, error) {
	if len(all) == 1 && all[0].Settings != nil {
		return all[0].contest(title)
	}
	var curves []curve
	for i, m := range all {
		latencies, err := m.latencies()
		if err != nil {
			return nil, err
		}
		name := m.Target
		if len(all) > 1 {
			name = fmt.Sprintf("%d: %s", i+1, m.Target)
		}
		curves = append(curves, curve{name, latencies})
	}
	first := all[0]
	return percentiles(cmp.Or(title, fmt.Sprintf("iocp load: %s, %d connections, %d bytes", first.Scenario, first.Conns, first.Size)), curves)
}

// encodedMin is less than any histogram takes. The library expects that much.
const encodedMin = 16

func (m *measured) latencies() (*hdrhistogram.Histogram, error) {
	switch n := len(m.HDR); {
	case n == 0:
		return nil, errors.New("there is nothing to draw: there are no latencies in this result")
	case n < encodedMin:
		return nil, fmt.Errorf("the latencies can't be read: they are %d bytes", n)
	}
	h, err := hdrhistogram.Decode([]byte(m.HDR))
	if err != nil {
		return nil, fmt.Errorf("the latencies can't be read: %w", err)
	}
	return h, nil
}

// contest draws the settings that were compared with the default, which is the
// first.
func (m *measured) contest(title string) (*picture, error) {
	var bars []bar
	for i, s := range m.Settings {
		if !s.Contest {
			continue
		}
		name := fmt.Sprintf("%s, %d/%d workers, batch %d", s.Backend, s.Concurrency, s.Workers, s.Batch)
		if i == 0 {
			name += " (default)"
		}
		bars = append(bars, bar{name, s.Better.Mean, s.Better.Low, s.Better.High})
	}
	if bars == nil {
		return nil, errors.New("there is nothing to draw: no settings were compared")
	}
	return intervals(cmp.Or(title, "iocp tune"), m.Goal+", how many times as good as the default, with 95 % intervals", bars)
}
