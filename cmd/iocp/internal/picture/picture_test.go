package picture_test

import (
	"encoding/xml"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"iocp/cmd/iocp/internal/picture"
)

func latencies(values ...int64) *hdrhistogram.Histogram {
	h := hdrhistogram.New(1, 1e12, 3)
	for _, v := range values {
		h.RecordValue(v)
	}
	return h
}

// text is what a reader of an SVG file reads.
func text(t *testing.T, file string) string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var words strings.Builder
	for dec := xml.NewDecoder(f); ; {
		token, err := dec.Token()
		if err == io.EOF {
			return words.String()
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		if data, ok := token.(xml.CharData); ok {
			words.Write(data)
		}
	}
}

func TestPercentiles(t *testing.T) {
	var values []int64
	for i := range int64(2000) {
		values = append(values, 50_000+i*100)
	}
	file := filepath.Join(t.TempDir(), "a.svg")
	err := picture.Percentiles(file, "a title", picture.Curve{Name: "the curve", Latencies: latencies(values...)})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a title", "the curve", "percentile", "50 %", "90 %", "99 %", "99.9 %", "1000"} {
		if got := text(t, file); !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if strings.Contains(text(t, file), "99.99 %") {
		t.Error("2000 messages tell nothing of the 99.99th percentile")
	}
}

func TestIntervals(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.svg")
	for _, bars := range [][]picture.Bar{
		{{Name: "one alone", Mean: 1, Low: 1, High: 1}},
		{{Name: "the first", Mean: 1, Low: 1, High: 1}, {Name: "the second", Mean: 1.04, Low: 0.97, High: 1.12}},
		{{Name: "a", Mean: 1, Low: 1, High: 1}, {Name: "far away", Mean: 30, Low: 2, High: 450}},
	} {
		if err := picture.Intervals(file, "a title", "what it is", bars); err != nil {
			t.Fatal(err)
		}
		got := text(t, file)
		for _, b := range bars {
			if !strings.Contains(got, b.Name) {
				t.Errorf("no %q in %q", b.Name, got)
			}
		}
		if len(bars) == 2 && bars[0].Name == "the first" && !strings.Contains(got, "1.04") {
			t.Errorf("steps of 0.02 are labelled %q", got)
		}
	}
}

func TestPNG(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.PNG")
	for _, values := range [][]int64{{1}, {1000, 1000}, {1, 1e11}} {
		if err := picture.Percentiles(file, "", picture.Curve{Latencies: latencies(values...)}); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := png.Decode(f); err != nil {
			t.Error(err)
		}
		f.Close()
	}
}

func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{"a.jpg": ".svg or .png", "a": ".svg or .png", "no/such/a.svg": "can't write"} {
		err := picture.Percentiles(filepath.Join(dir, name), "", picture.Curve{Latencies: latencies(1)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", name, err, want)
		}
	}
	if err := picture.Percentiles(filepath.Join(dir, "a.svg"), "", picture.Curve{Latencies: latencies()}); err == nil {
		t.Error("nothing was drawn")
	}
}
