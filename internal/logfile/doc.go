// Package logfile is the log of a container's output: files of lines that one process
// writes and any number read, while it is written and afterwards.
//
// The format is that of CRI and of podman's k8s-file:
//
//	2026-11-26T09:37:37.123456789Z stdout F text
//
// with the time in UTC, the stream, and F for a full line or P for a part of one that
// goes on. A newline ends each, and belongs to the container's output after an F alone;
// all its other bytes stand there as they are. So the text of a stream's lines, one after the
// other, is what the container wrote, byte for byte.
//
// ctr.log is the file that is written. When it is full it becomes ctr.log.1, the next
// one ctr.log.2, and so on, and the lowest numbers are removed. So a file changes its
// name once, after which it is never written again: that is how a reader knows their
// order and a follower that it has all of one. Were they all renamed each time, as
// logrotate does, a reader could meet them in any order.
//
// It must not know what a container is, nor where the bytes come from and go to: a
// terminal's modes, colours and the JSON of other tools are not for here. A container
// must never fail or wait because of its log, so whatever goes wrong with the disk is
// counted, and told in the log when it goes right again.
package logfile
