package transfer

import (
	"io"
	"strings"
	"sync"
	"time"
)

// display shows how far the work is: on a terminal with a bar for each layer that something is being done to, elsewhere
// with a line for each that is finished.
type display struct {
	quiet, terminal bool
	columns         int

	mu    sync.Mutex
	w     io.Writer
	bars  []*bar // those that are not finished
	drawn int    // lines that will be drawn over
	stop  chan struct{}
}

// bar is what is shown of one layer.
type bar struct {
	of    *display
	name  string
	total int64

	have  int64  // protected by of.mu, as is doing
	doing string // in place of the bar
}

// most is how many bars are drawn: lines that have left the screen cannot be drawn over.
const most = 8

const (
	redraw   = 100 * time.Millisecond
	clearing = "\r\x1b[J" // the rest of the screen
)

// say shows a line that stays, whether or not progress is shown.
func (d *display) say(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.print(line)
}

// tell is say for what is no more than progress.
func (d *display) tell(line string) {
	if !d.quiet {
		d.say(line)
	}
}

// print writes above the bars.
func (d *display) print(line string) {
	_, _ = io.WriteString(d.w, d.erase()+printable(line)+"\n"+d.draw()) // nobody may be looking
}

// erase goes back to where the bars begin.
func (d *display) erase() string {
	if d.drawn == 0 {
		return ""
	}
	up := strings.Repeat("\x1b[A", d.drawn)
	d.drawn = 0
	return up + clearing
}

// draw is the bars.
func (d *display) draw() string {
	if !d.terminal || d.quiet {
		return ""
	}
	var b strings.Builder
	for i, bar := range d.bars {
		if i == most {
			break
		}
		b.WriteString(bar.line(d.columns) + "\n")
		d.drawn++
	}
	return b.String()
}

// begin adds a bar.
func (d *display) begin(name string, total int64) *bar {
	d.mu.Lock()
	defer d.mu.Unlock()
	b := &bar{of: d, name: name, total: total, doing: "waiting"}
	if d.quiet {
		return b
	}
	d.bars = append(d.bars, b)
	if d.terminal && d.stop == nil {
		d.stop = make(chan struct{})
		go d.keepDrawing(d.stop)
	}
	return b
}

func (d *display) keepDrawing(stop chan struct{}) {
	tick := time.NewTicker(redraw)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			d.mu.Lock()
			_, _ = io.WriteString(d.w, d.erase()+d.draw())
			d.mu.Unlock()
		}
	}
}

// end removes the bars that are left.
func (d *display) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stop != nil {
		close(d.stop)
		d.stop = nil
	}
	d.bars = nil
	_, _ = io.WriteString(d.w, d.erase())
}
