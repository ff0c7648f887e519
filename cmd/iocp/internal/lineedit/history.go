package lineedit

// history has the lines that were entered, for the keys up and down.
type history struct {
	lines []string
	ago   int    // how many lines ago the one was that is shown
	draft string // the line that was being typed
}

func (h *history) add(text string) {
	h.ago = 0
	if text == "" || len(h.lines) > 0 && h.lines[len(h.lines)-1] == text {
		return
	}
	if len(h.lines) == historyMax {
		h.lines = append(h.lines[:0], h.lines[1:]...)
	}
	h.lines = append(h.lines, text)
}

// back shows the line before.
func (h *history) back(l *line) {
	if h.ago == len(h.lines) {
		return
	}
	if h.ago == 0 {
		h.draft = l.text
	}
	h.ago++
	l.set(h.lines[len(h.lines)-h.ago])
}

// forth shows the line after, and at last the one that was being typed.
func (h *history) forth(l *line) {
	if h.ago == 0 {
		return
	}
	h.ago--
	if h.ago == 0 {
		l.set(h.draft)
		return
	}
	l.set(h.lines[len(h.lines)-h.ago])
}
