// Package seccomp knows system call filters: what a policy says of each call, the classic BPF program that the kernel
// runs for it, podman's and docker's JSON, and urun's own default policy. See seccomp(2) and bpf in linux/filter.h.
//
// A policy is data ([Policy]), a filter is what it compiles to ([Filter]), and both are pure: nothing here installs a
// filter, looks at the host, or knows which container gets which. No library expresses the policies that people have
// (masked values, several errnos, conditions on arguments) without libseccomp and cgo, so the compiler is here; tests
// compare what it writes with an evaluator of policies and with the virtual machine of golang.org/x/net/bpf.
//
// Limits: one architecture a filter, that of the process; calls of any other end it. Notifications to another process are
// refused.
package seccomp
