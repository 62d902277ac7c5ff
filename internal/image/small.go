package image

import (
	"encoding/hex"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// largest is how much is read of a record or a name, so that a foreign file cannot take all memory.
const largest = 16 << 20

// readSmall reads a file of the store in one go. What else stands there, a link or a fifo, is no file of it.
func readSmall(path string) (string, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return "", &os.PathError{Op: "stat", Path: path, Err: err}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size > largest {
		return "", &os.PathError{Op: "read", Path: path, Err: errors.New("no file of the store")}
	}
	text := make([]byte, st.Size)
	n, err := unix.Read(fd, text)
	if err != nil {
		return "", &os.PathError{Op: "read", Path: path, Err: err}
	}
	return string(text[:n]), nil // with less, it is not whole
}

// write makes a file that is whole also when the machine loses its power after it got its name.
func write(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// random is a name that nothing else has. crypto/rand would link, and initialise, half of Go's cryptography.
func random() string {
	var b [16]byte
	for {
		// It fails on kernels without getrandom(2) only, and then what has the name shows as a collision.
		if _, err := unix.Getrandom(b[:], 0); err != unix.EINTR {
			return hex.EncodeToString(b[:])
		}
	}
}

func now() time.Time { return time.Now() }

// pause is between two looks at what others change.
func pause() { time.Sleep(5 * time.Millisecond) }
