package sched

import "testing"

func TestBalance(t *testing.T) {
	type load struct{ idle, sockets int }
	for _, c := range []struct {
		name              string
		of                []load
		from, to, percent int
	}{
		{"nobody", nil, 0, 0, 0},
		{"one", []load{{0, 100}}, 0, 0, 0},
		{"nobody has too much", []load{{noneIdle + 1, 100}, {90, 1}}, 0, 0, 0},
		{"one could do more", []load{{50, 1}, {0, 100}, {80, 1}}, 1, 2, 20},
		{"a little more", []load{{0, 1}, {someIdleTime, 100}}, 0, 1, 2},
		{"nobody has time, one has twice as many", []load{{0, 100}, {0, 200}}, 1, 0, 16},
		{"nobody has time, nearly the same", []load{{0, 100}, {0, 113}}, 0, 0, 0},
		{"just enough to matter", []load{{noneIdle, 100}, {0, 116}}, 1, 0, 3},
		{"one isn't known", []load{{0, -1}, {0, 10}}, 0, 0, 0},
		{"one has none", []load{{0, 10}, {0, 0}}, 0, 1, 50},
	} {
		var b Balance
		for i, l := range c.of {
			b.Offer(i, l.idle, l.sockets)
		}
		from, to, percent := b.Shift()
		if percent != c.percent || percent > 0 && (from != c.from || to != c.to) {
			t.Errorf("%s: %d to %d, %d %%; want %d to %d, %d %%", c.name, from, to, percent, c.from, c.to, c.percent)
		}
	}
}
