package main

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/signal"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/logfile"
)

func (c *logsCmd) run() (status int, err error) {
	if err := alone(c.Args); err != nil {
		return 0, err
	}
	q := logfile.Query{Tail: -1, Follow: c.Follow}
	for _, t := range []struct {
		flag, value string
		to          *time.Time
	}{{"--since", c.Since, &q.Since}, {"--until", c.Until, &q.Until}} {
		if t.value == "" {
			continue
		}
		if *t.to, err = logfile.ParseTime(t.value, time.Now()); err != nil {
			return 0, errors.New(t.flag + ": " + err.Error())
		}
	}
	if c.Tail != "" && c.Tail != "all" {
		if q.Tail, err = strconv.Atoi(c.Tail); err != nil || q.Tail < -1 {
			return 0, errors.New("--tail " + strconv.Quote(c.Tail) + ": write a number of lines, or all")
		}
	}
	a := access()
	r, err := a.Known(c.Args[0])
	if err != nil {
		return 0, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM)
	defer stop()
	out, errs := bufio.NewWriter(os.Stdout), bufio.NewWriter(os.Stderr)
	within := map[logfile.Stream]bool{} // a line of it has begun
	err = a.Logs(ctx, r, q, func(line logfile.Line) error {
		to, other := out, errs
		if line.Stream == logfile.Stderr {
			to, other = errs, out
		}
		if err := other.Flush(); err != nil { // so that on a terminal the two are in their order
			return err
		}
		stamp := c.Timestamps && !within[line.Stream]
		within[line.Stream] = line.Partial
		return write(to, line, stamp, c.Follow)
	})
	err = errors.Join(err, out.Flush(), errs.Flush())
	if ctx.Err() != nil {
		err = nil
	}
	if r, err := a.Known(r.ID); err == nil && r.Lost != "" {
		notice("this is not all: " + r.Lost)
	}
	if errors.Is(err, unix.EPIPE) {
		err = nil // who reads has read enough
	}
	return 0, err
}

func write(to *bufio.Writer, line logfile.Line, stamp, now bool) error {
	if stamp {
		to.WriteString(line.Time.Local().Format(time.RFC3339Nano) + " ")
	}
	to.Write(line.Text)
	if !line.Partial {
		to.WriteByte('\n')
	}
	if now {
		return to.Flush()
	}
	return nil // an error of the writer stays, and Flush gives it
}
