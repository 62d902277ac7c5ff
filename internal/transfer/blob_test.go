package transfer

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestABlobIsFetchedWhateverComesBetween(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 1000)
	wrong := slices.Clone(content)
	wrong[17] ^= 1
	cut := io.ErrUnexpectedEOF
	for what, c := range map[string]struct {
		left    []byte // in partial/, by an earlier one
		answers []func(int64) (io.Reader, error)
		asked   []int64
		says    string // of the error; "": there is none
		stays   int    // bytes in partial/ after an error
	}{
		"at once":                   {nil, []func(int64) (io.Reader, error){sends(content, 1e6, nil)}, []int64{0}, "", 0},
		"cut off twice":             {nil, []func(int64) (io.Reader, error){sends(content, 1000, cut), sends(content, 3000, cut), sends(content, 1e6, nil)}, []int64{0, 1000, 4000}, "", 0},
		"ended too early":           {nil, []func(int64) (io.Reader, error){sends(content, 1000, nil), sends(content, 1e6, nil)}, []int64{0, 1000}, "", 0},
		"left by an earlier one":    {content[:5000], []func(int64) (io.Reader, error){sends(content, 1e6, nil)}, []int64{5000}, "", 0},
		"whole, but without a name": {content, []func(int64) (io.Reader, error){sends(content, 0, cut)}, nil, "", 0},
		"left, and wrong":           {wrong[:5000], []func(int64) (io.Reader, error){sends(content, 1e6, nil)}, []int64{5000, 0}, "", 0},
		"left, and too long":        {append(slices.Clone(content), 1), []func(int64) (io.Reader, error){sends(content, 1e6, nil)}, []int64{0}, "", 0},
		"no ranges":                 {content[:5000], []func(int64) (io.Reader, error){noRanges(content)}, []int64{5000, 0}, "", 0},
		"wrong once":                {nil, []func(int64) (io.Reader, error){sends(wrong, 1e6, nil), sends(content, 1e6, nil)}, []int64{0, 0}, "", 0},
		"wrong":                     {nil, []func(int64) (io.Reader, error){sends(wrong, 1e6, nil)}, []int64{0, 0}, string(describe(wrong).Digest), 0},
		"too long":                  {nil, []func(int64) (io.Reader, error){sends(append(slices.Clone(content), 1), 1e6, nil)}, []int64{0}, "more of it than the 10000 bytes", 0},
		"never whole":               {nil, []func(int64) (io.Reader, error){sends(content, 1000, cut)}, []int64{0, 1000, 2000, 3000}, "unexpected EOF", 4000},
		"refused":                   {nil, []func(int64) (io.Reader, error){refuses(unix.EACCES)}, []int64{0}, "permission denied", 0},
	} {
		t.Run(what, func(t *testing.T) {
			task := quietTask(t)
			d, src := describe(content), &scripted{answers: c.answers}
			if c.left != nil {
				must(t, os.WriteFile(task.store.Partial(d.Digest), c.left, 0o600))
			}
			fetched, err := task.fetch(t.Context(), src, d, &bar{of: task.show})
			if !slices.Equal(src.asked, c.asked) {
				t.Errorf("it asked at %d, and is to ask at %d", src.asked, c.asked)
			}
			partial, left := os.ReadFile(task.store.Partial(d.Digest))
			if c.says != "" {
				if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), string(d.Digest)) {
					t.Errorf("error %v, which is to say %q, and the digest", err, c.says)
				}
				if len(partial) != c.stays {
					t.Errorf("%d bytes stay", len(partial))
				}
				if _, err := os.Lstat(task.store.Blob(d.Digest)); !os.IsNotExist(err) {
					t.Errorf("there is a blob: %v", err)
				}
				return
			}
			must(t, err)
			got, err := os.ReadFile(task.store.Blob(d.Digest))
			if err != nil || !bytes.Equal(got, content) || !fetched || !os.IsNotExist(left) {
				t.Errorf("fetched %v, %d bytes, %v; partial %v", fetched, len(got), err, left)
			}
			asked := len(src.asked)
			if fetched, err := task.fetch(t.Context(), src, d, &bar{of: task.show}); fetched || err != nil || len(src.asked) != asked {
				t.Errorf("again: fetched %v, %v", fetched, err)
			}
		})
	}
}

// A connection that breaks off now and then, and gets on in between, is no reason to give up.
func TestTriesAreCountedAnewWhenBytesHaveCome(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 10*progress/16)
	for step, requests := range map[int]int{progress: 10, progress / 2: 4} {
		task, src := quietTask(t), &scripted{answers: []func(int64) (io.Reader, error){sends(content, step, io.ErrUnexpectedEOF)}}
		_, err := task.fetch(t.Context(), src, describe(content), &bar{of: task.show})
		if len(src.asked) != requests || (err == nil) != (requests == 10) {
			t.Errorf("%d bytes at a time: %d requests, %v", step, len(src.asked), err)
		}
	}
}

func TestABlobThatIsTornIsFetchedAgain(t *testing.T) {
	content := []byte("content")
	task, d := quietTask(t), describe(content)
	src := &scripted{answers: []func(int64) (io.Reader, error){sends(content, 1e6, nil)}}
	must(t, os.WriteFile(task.store.Blob(d.Digest), content[:3], 0o600)) // as after a loss of power
	if fetched, err := task.fetch(t.Context(), src, d, &bar{of: task.show}); err != nil || !fetched {
		t.Errorf("fetched %v, %v", fetched, err)
	}
	d.Size++
	if _, err := task.fetch(t.Context(), src, d, &bar{of: task.show}); err == nil || !strings.Contains(err.Error(), "8 bytes, and it has 7") {
		t.Errorf("a manifest that is wrong about the size: %v", err)
	}
	if b, err := os.ReadFile(task.store.Blob(d.Digest)); err != nil || !bytes.Equal(b, content) {
		t.Errorf("the blob went: %q, %v", b, err)
	}
}

// Two that want the same blob fetch it once.
func TestOneOfSeveralFetches(t *testing.T) {
	content := bytes.Repeat([]byte("x"), 100000)
	task, d := quietTask(t), describe(content)
	src := &scripted{answers: []func(int64) (io.Reader, error){sends(content, 1e6, nil)}}
	done := make(chan error)
	for range 20 {
		go func() {
			_, err := task.fetch(t.Context(), src, d, &bar{of: task.show})
			done <- err
		}()
	}
	for range 20 {
		must(t, <-done)
	}
	if len(src.asked) != 1 {
		t.Errorf("%d requests", len(src.asked))
	}
	if left := listing(t, task.store.Dir+"/images/partial"); len(left) > 0 {
		t.Errorf("left in partial: %v", left)
	}
}
