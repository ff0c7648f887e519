package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// report prints results as tables of Markdown: counts, then each mutant, those
// that live first.
func report(w io.Writer, results []result) {
	fmt.Fprintln(w, "| room | tried | killed | sometimes | survived |\n| --- | --- | --- | --- | --- |")
	for _, r := range rooms {
		n := count(results, r.name)
		fmt.Fprintf(w, "| %s | %d | %d | %d | %d |\n", r.name, n[killed]+n[sometimes]+n[survived], n[killed], n[sometimes], n[survived])
	}
	fmt.Fprintln(w, "\n| place | change | result |\n| --- | --- | --- |")
	ordered := slices.Clone(results)
	slices.SortStableFunc(ordered, func(a, b result) int {
		return cmp.Or(-cmp.Compare(a.Result, b.Result), cmp.Compare(a.Room, b.Room), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	for _, r := range ordered {
		fmt.Fprintf(w, "| %s:%d | %s: `%s` becomes `%s` in `%s` | %s |\n", r.File, r.Line, r.Kind, cell(r.Was), cell(r.Is), cell(r.In), strings.TrimSpace(r.Result+" "+r.By))
	}
}

// cell is code in a table.
func cell(code string) string { return strings.ReplaceAll(brief(code), "|", `\|`) }

func count(results []result, room string) map[string]int {
	n := map[string]int{}
	for _, r := range results {
		if r.Room == room {
			n[r.Result]++
		}
	}
	return n
}
