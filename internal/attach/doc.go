// Package attach is how `urun attach` talks with the supervisor of a detached
// container: over a unix stream socket named attach in the container's own directory,
// which has mode 0700.
//
// It knows the frames, who may attach, what becomes of a client that does not read, and
// the keys that detach. It must not learn what a container is, whether it has a pty or
// pipes, or which process the supervisor is: the Hub is handed functions and bytes. It
// touches no terminal.
//
// # Frames
//
// A byte for the kind, the length of the rest as four bytes, the rest: at most 64 KiB.
// Numbers are little-endian.
//
//	from the supervisor
//	  v  version          one byte, 1; the first frame
//	  r  refused          a text for the user; in place of v, then the connection ends
//	  o  standard output  or what the pty gives
//	  e  standard error
//	  x  exit             four bytes, the container's status; the last frame
//	from the client
//	  i  input            for standard input or the pty
//	  q  end of input     nothing
//	  w  window size      two bytes of rows, two of columns
//
// A supervisor is as old as its container, a client as new as the last upgrade. So the
// client adapts to the version or gives up; a supervisor drops who sends it anything
// else.
//
// # Memory
//
// There may be a thousand supervisors. One that nobody is attached to has the listening
// socket, the goroutine that Serve starts, and no buffer. A client costs a goroutine and a
// buffer as large as its largest frame.
//
// # Limits
//
// What the container wrote before is not replayed. Output is sent to all clients
// before the next is taken, so the slowest sets the pace, for at most ten seconds in which
// it takes nothing; then it is dropped. The kernel hands back room by pieces of up to
// 48 KiB, so less than that in ten seconds may count as nothing.
//
// Input waits while the container does not read. A client that dies meanwhile is
// found out when there is output for it or the container reads again.
package attach
