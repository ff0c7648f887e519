package process

import "testing"

func TestParseCPUs(t *testing.T) {
	for list, want := range map[string]string{"0": "0", "0-3": "0-3", "3,1,2,7": "1-3,7", "1,1": "1", "0,2,4-5": "0,2,4-5"} {
		cpus, err := ParseCPUs(list)
		if got := FormatCPUs(cpus); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", list, got, err, want)
		}
	}
	for _, bad := range []string{"", "x", "2-1", "-1", "0,", "0-9999999"} {
		if cpus, err := ParseCPUs(bad); err == nil {
			t.Errorf("%q is accepted as %v", bad, cpus)
		}
	}
}
