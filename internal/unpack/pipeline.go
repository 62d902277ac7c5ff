package unpack

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
)

// Decompressing, hashing and writing each have a processor of their own, where there are as many. Buffers go round.
const (
	bufferSize = 512 << 10
	buffers    = 6
)

// pipeline is the tar stream while it is read.
type pipeline struct {
	free, read, hashed chan chunk
	done               chan struct{} // closed: nobody wants more
	now                chunk         // what is being read
	rest               []byte        // of that
	sum                hash.Hash
	length             int64
}

// chunk is a part of the stream, the last of which has the error that ended it.
type chunk struct {
	buffer []byte
	n      int
	err    error
}

// begin starts reading from r. Who calls it calls close, before r is closed.
func begin(r io.Reader) *pipeline {
	p := &pipeline{
		free: make(chan chunk, buffers), read: make(chan chunk, buffers), hashed: make(chan chunk, buffers),
		done: make(chan struct{}), sum: sha256.New(),
	}
	for range buffers {
		p.free <- chunk{buffer: make([]byte, bufferSize)}
	}
	go p.fill(r)
	go p.hash()
	return p
}

func (p *pipeline) fill(r io.Reader) {
	defer close(p.read)
	for {
		select {
		case <-p.done:
			return
		case c := <-p.free:
			c.n, c.err = io.ReadFull(r, c.buffer)
			if c.err == io.ErrUnexpectedEOF { // ReadFull's own: decompressing has replaced any other
				c.err = io.EOF
			}
			p.read <- c
			if c.err != nil {
				return
			}
		}
	}
}

func (p *pipeline) hash() {
	defer close(p.hashed)
	for c := range p.read {
		p.sum.Write(c.buffer[:c.n])
		p.length += int64(c.n)
		p.hashed <- c
	}
}

// next makes rest what comes next.
func (p *pipeline) next() error {
	for len(p.rest) == 0 {
		if p.now.err != nil {
			return p.now.err
		}
		if p.now.buffer != nil {
			p.free <- p.now
		}
		p.now = <-p.hashed
		p.rest = p.now.buffer[:p.now.n]
	}
	return nil
}

func (p *pipeline) Read(b []byte) (int, error) {
	if err := p.next(); err != nil {
		return 0, err
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// end reads what follows the archive, which counts for the digest, and gives that and the length of the stream.
func (p *pipeline) end() (digest string, length int64, err error) {
	for {
		p.rest = nil
		if err := p.next(); err == io.EOF {
			return "sha256:" + hex.EncodeToString(p.sum.Sum(nil)), p.length, nil
		} else if err != nil {
			return "", 0, err
		}
	}
}

// close returns when nothing reads any more.
func (p *pipeline) close() {
	close(p.done)
	for range p.hashed {
	}
}
