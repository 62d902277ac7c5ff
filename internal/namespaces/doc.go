// Package namespaces tells which namespaces a process is in, who owns them and
// which ones they are below.
//
// It knows the links of /proc/PID/ns and the questions of ioctl_ns(2). It must not
// learn what a container is, nor join, create or change a namespace.
//
// # Limits
//
// A namespace is known by its inode, which is unique for as long as it lives; the
// kernel may give it to another one later. To look takes the rights of ptrace(2)
// over the process (PTRACE_MODE_READ_FSCREDS). An owner or a parent that is not the
// caller's user namespace or below it is hidden by the kernel, and left out.
package namespaces
