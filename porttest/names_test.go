package porttest

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// contractFile is where docs/contract.md is for this package's tests.
const contractFile = "../docs/contract.md"

// A contractRow is a clause's line of docs/contract.md.
type contractRow struct {
	number                            int
	says, source, class, held, column string
}

var (
	clauseNumber = regexp.MustCompile(`^C([0-9]+)$`)
	subtestName  = regexp.MustCompile(`\bC[0-9]+_[a-z0-9_]+`)
)

// readContract reads the file's tables: cells without their margins.
func readContract(t *testing.T) [][]string {
	t.Helper()
	text, err := os.ReadFile(contractFile)
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]string
	for line := range strings.Lines(string(text)) {
		cells, isRow := strings.CutPrefix(strings.TrimSpace(line), "|")
		if !isRow {
			continue
		}
		row := strings.Split(strings.TrimSuffix(cells, "|"), "|")
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		lines = append(lines, row)
	}
	return lines
}

// contractRows are the rows of the clauses.
func contractRows(t *testing.T) []contractRow {
	t.Helper()
	var rows []contractRow
	for _, cells := range readContract(t) {
		m := clauseNumber.FindStringSubmatch(cells[0])
		if m == nil || len(cells) != 6 {
			continue
		}
		number, _ := strconv.Atoi(m[1])
		rows = append(rows, contractRow{number, cells[1], cells[2], cells[3], cells[4], cells[5]})
	}
	return rows
}

// routineClauses are the subtests of package routine, as its source has them.
func routineClauses(t *testing.T) []string {
	t.Helper()
	source, err := os.ReadFile("../routine/routine_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range regexp.MustCompile(`\{"(C[0-9]+_[a-z0-9_]+)", `).FindAllStringSubmatch(string(source), -1) {
		names = append(names, m[1])
	}
	return names
}

// TestContractNames holds docs/contract.md and the subtests to each other: each
// subtest is in its clause's row, and no row names another.
func TestContractNames(t *testing.T) {
	unlisted := routineClauses(t)
	for _, c := range clauses {
		unlisted = append(unlisted, c.name())
	}
	slices.Sort(unlisted)
	unlisted = slices.Compact(unlisted) // some are in both suites
	for _, row := range contractRows(t) {
		for _, name := range subtestName.FindAllString(row.column, -1) {
			number, _, _ := strings.Cut(name, "_")
			i := slices.Index(unlisted, name)
			if i < 0 || number != "C"+strconv.Itoa(row.number) {
				t.Errorf("the row of C%d names %s, which isn't there, or named before", row.number, name)
				continue
			}
			unlisted = slices.Delete(unlisted, i, i+1)
		}
	}
	for _, name := range unlisted {
		t.Errorf("docs/contract.md doesn't have %s in its clause's row", name)
	}
}

// TestContractRows holds docs/contract.md to being complete: each clause has its
// row, and one that has a surface in the API has a subtest.
func TestContractRows(t *testing.T) {
	rows := contractRows(t)
	const clauses = 133
	if len(rows) != clauses {
		t.Errorf("docs/contract.md has %d rows for clauses, want %d", len(rows), clauses)
	}
	for i, row := range rows {
		if row.number != i+1 || row.says == "" || row.source == "" || row.held == "" {
			t.Errorf("row %d is C%d, or lacks something: %+v", i+1, row.number, row)
		}
		switch row.class {
		case "A", "B", "own":
			if row.column == "" {
				t.Errorf("C%d has class %s and no subtest", row.number, row.class)
			}
		case "N", "W":
			if row.column != "" {
				t.Errorf("C%d has class %s, and yet subtests: %s", row.number, row.class, row.column)
			}
		default:
			t.Errorf("C%d has class %q, which there isn't", row.number, row.class)
		}
	}
}

// TestContractWine holds the marked rows to the table of what Wine does
// differently: they are the same clauses.
func TestContractWine(t *testing.T) {
	marked := map[string]bool{}
	for _, row := range contractRows(t) {
		if strings.HasSuffix(row.held, "†") {
			marked["C"+strconv.Itoa(row.number)] = true
		}
	}
	for _, cells := range readContract(t) {
		if len(cells) != 4 || !clauseNumber.MatchString(cells[0]) {
			continue
		}
		if !marked[cells[0]] {
			t.Errorf("Wine is said to differ in %s, whose row isn't marked, or twice", cells[0])
		}
		delete(marked, cells[0])
	}
	for number := range marked {
		t.Errorf("the row of %s is marked, and nothing is said of Wine", number)
	}
}

// TestContractExceptions holds the table of exceptions to the suite's list, and
// the subtests that it names to there being such.
func TestContractExceptions(t *testing.T) {
	var lines [][]string
	for _, cells := range readContract(t) {
		if clauseNumber.FindString(cells[0]) == "" && len(cells) == 3 && subtestName.MatchString(cells[1]) {
			lines = append(lines, cells)
		}
	}
	for _, l := range lacks {
		where := l.backend
		if l.wine {
			where += ", Wine"
		}
		found := slices.ContainsFunc(lines, func(cells []string) bool {
			return cells[0] == where && slices.Contains(subtestName.FindAllString(cells[1], -1), l.clause)
		})
		if !found {
			t.Errorf("docs/contract.md doesn't say that %s lacks %s", where, l.clause)
		}
	}
	for _, cells := range lines {
		for _, name := range subtestName.FindAllString(cells[1], -1) {
			if !slices.ContainsFunc(clauses, func(c clause) bool { return c.name() == name }) {
				t.Errorf("docs/contract.md excepts %s, which is no subtest", name)
			}
		}
	}
}
