package registry

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Retry is how often something is tried again, and after how long. The zero value is what users get: 3 times, after
// about 1, 2 and 4 seconds, or when the server says.
type Retry struct {
	Times int                                              // 0: 3; negative: never
	First time.Duration                                    // the first wait, which doubles; 0: 1 s
	Most  time.Duration                                    // the longest one; a server that wants a longer one is given up; 0: 1 min
	Sleep func(ctx context.Context, d time.Duration) error // nil: time passes
}

func (r Retry) complete() Retry {
	if r.Times == 0 {
		r.Times = 3
	}
	if r.First == 0 {
		r.First = time.Second
	}
	if r.Most == 0 {
		r.Most = time.Minute
	}
	if r.Sleep == nil {
		r.Sleep = sleep
	}
	return r
}

// Wait passes the time before something is tried again for the nth time, n from 1 on, after it ended with err. It gives back
// err, or why ctx ended, when it is not to be tried again: it was tried often enough, or err is not [Temporary].
// Whoever resumes a blob counts from 1 again when bytes have come meanwhile.
func (r Retry) Wait(ctx context.Context, n int, err error) error {
	r = r.complete()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if n > r.Times || !Temporary(err) {
		return err
	}
	wait := r.backoff(n)
	var e *Error
	if errors.As(err, &e) && e.After > 0 {
		if e.After > r.Most {
			return fmt.Errorf("%w; it asks to be left alone for %v", err, e.After.Round(time.Second))
		}
		wait = e.After // and a little later, as it says the same to everyone
		wait += time.Duration(rand.Int64N(int64(r.First)/4 + 1))
	}
	return r.Sleep(ctx, wait)
}

// backoff doubles, and differs by up to a quarter either way: many who were refused at once come back one by one.
func (r Retry) backoff(n int) time.Duration {
	wait := r.Most
	if shift := n - 1; shift < 30 && r.First<<shift < r.Most {
		wait = r.First << shift
	}
	return wait - wait/4 + time.Duration(rand.Int64N(int64(wait)/2+1))
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// try does something until it succeeds or is not to be tried again.
func (o Options) try(ctx context.Context, f func(ctx context.Context) error) error {
	for n := 1; ; n++ {
		err := f(ctx)
		if err == nil {
			return nil
		}
		again := o.Retry
		again.Sleep = func(ctx context.Context, d time.Duration) error {
			o.Notice(fmt.Sprintf("%v; trying again in %v", err, d.Round(100*time.Millisecond)))
			return o.Retry.complete().Sleep(ctx, d)
		}
		if err := again.Wait(ctx, n, err); err != nil {
			return err
		}
	}
}
