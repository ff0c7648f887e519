// Package process tells what other processes take, and says on which CPUs they
// run.
package process

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ParseCPUs reads a list of CPUs in the kernel's way: "0-1,4".
func ParseCPUs(list string) ([]int, error) {
	var cpus []int
	for part := range strings.SplitSeq(list, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		a, errA := strconv.Atoi(first)
		b, errB := strconv.Atoi(last)
		if errA != nil || errB != nil || a < 0 || b < a || b >= cpusMax {
			return nil, fmt.Errorf("%q is no list of CPUs such as 0-1,4", list)
		}
		for cpu := a; cpu <= b; cpu++ {
			cpus = append(cpus, cpu)
		}
	}
	slices.Sort(cpus)
	return slices.Compact(cpus), nil
}

// cpusMax is how many CPUs a kernel's affinity mask of the usual size has.
const cpusMax = 1024

// FormatCPUs is the opposite of ParseCPUs.
func FormatCPUs(cpus []int) string {
	var parts []string
	for i := 0; i < len(cpus); {
		j := i
		for j+1 < len(cpus) && cpus[j+1] == cpus[j]+1 {
			j++
		}
		part := strconv.Itoa(cpus[i])
		if j > i {
			part += "-" + strconv.Itoa(cpus[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ",")
}
