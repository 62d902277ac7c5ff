package forkexec

import "golang.org/x/sys/unix"

// Exec ends the program: the process becomes the init, which starts the command
// with these arguments and this environment.
func (p *Program) Exec(argv, env []string) {
	environ := p.Strings(env)
	p.data[environ.(Data)].secret = true
	p.Call("every descriptor but the control socket ends with the exec, whoever left it open",
		unix.SYS_CLOSE_RANGE, 3, uint32(1<<32-1), unix.CLOSE_RANGE_CLOEXEC)
	p.Call("a file that someone can write cannot be executed", unix.SYS_CLOSE, InitWriter)
	p.Call("init tells over it that the command runs, or why it could not start",
		unix.SYS_FCNTL, Control, unix.F_SETFD, 0)
	p.Call("the process becomes the sealed init; no file of the rootfs is executed before",
		unix.SYS_EXECVEAT, Init, "", p.Strings(append([]string{"urun-init"}, argv...)), environ, unix.AT_EMPTY_PATH)
}
