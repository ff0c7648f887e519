package main

import (
	"slices"
	"testing"
)

func TestChoose(t *testing.T) {
	tests := []struct {
		only string
		want []string
	}{
		{"wine,vet", []string{"vet", "wine", "clauses"}},
		{"race", []string{"race", "clauses"}},
		{"fallbacks", []string{"fallbacks", "clauses"}},
		{"cross,gofmt", []string{"gofmt", "cross"}},
		{"vet,nonsense", nil},
	}
	for _, tt := range tests {
		chosen, err := choose(allSteps, tt.only)
		var got []string
		for _, st := range chosen {
			got = append(got, st.name)
		}
		if !slices.Equal(got, tt.want) || (err != nil) != (tt.want == nil) {
			t.Errorf("%s: got %v, %v, want %v", tt.only, got, err, tt.want)
		}
	}
	if all, err := choose(allSteps, ""); len(all) != len(allSteps) || err != nil {
		t.Errorf("nothing chosen: got %d steps, %v", len(all), err)
	}
}

func TestPackagesFor(t *testing.T) {
	got := packagesFor([]step{{needs: []string{"gcc", "wine"}}, {}, {needs: []string{"gcc"}}})
	if want := []string{"gcc", "wine"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWineVersion(t *testing.T) {
	tests := []struct{ printed, want string }{
		{"wine-8.0 (Debian 8.0~repack-4)\n", "Wine 8.0"},
		{"wine-10.3\n", "Wine 10.3"},
		{"", "Wine of unknown version"},
	}
	for _, tt := range tests {
		if got := wineVersion(tt.printed); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.printed, got, tt.want)
		}
	}
}
