package inside

import (
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
)

// program makes the child the helper.
func (j Job) program(p pipes) *forkexec.Program {
	s := new(forkexec.Program)
	s.Wait("Mapped: until the ids have a meaning here")
	s.Call("the job", unix.SYS_DUP3, int(p.jobOut.Fd()), 0, 0)
	s.Call("the answer", unix.SYS_DUP3, int(p.answerIn.Fd()), 1, 0)
	s.Call("the helper ends with urun", unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, int(unix.SIGKILL))
	s.Alive("urun may have ended before that took effect")
	exe := s.Call("urun itself, which nobody can write through this", unix.SYS_OPENAT, unix.AT_FDCWD, "/proc/self/exe", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	files := j.open(s)
	if j.Root != "" {
		j.sandbox(s)
	}
	s.Call("every descriptor ends with the exec", unix.SYS_CLOSE_RANGE, 3, uint32(1<<32-1), unix.CLOSE_RANGE_CLOEXEC)
	if len(files) > 0 {
		// One that is to be kept may be at the number of another.
		free := firstFD + len(files)
		exe = s.Call("out of the way", unix.SYS_FCNTL, exe, unix.F_DUPFD_CLOEXEC, free)
		for i := range files {
			files[i] = s.Call("out of the way", unix.SYS_FCNTL, files[i], unix.F_DUPFD_CLOEXEC, free)
		}
	}
	s.Tolerate(s.Call("but the control socket, by which the helper knows who started it", unix.SYS_DUP3, forkexec.Control, controlFD, 0), unix.EINVAL)
	s.Call("whether or not it was that one before", unix.SYS_FCNTL, controlFD, unix.F_SETFD, 0)
	for i, f := range files {
		s.Call("and what the job is about", unix.SYS_DUP3, f, firstFD+i, 0)
	}
	s.Call("the clone has blocked all signals", unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, make([]byte, 8), 0, 8)
	s.Call("no process of a container is beside it", unix.SYS_EXECVEAT, exe, "", s.Strings([]string{Name}), s.Strings(nil), unix.AT_EMPTY_PATH)
	return s
}

// open gives the descriptors of the job's files, and of its trees.
func (j Job) open(s *forkexec.Program) (files []any) {
	for _, f := range j.Files {
		files = append(files, int(f.Fd()))
	}
	for _, path := range j.Trees {
		// A copy of the mount: its root is this directory, so that ".." stays there.
		tree := s.Call("a tree to be read", unix.SYS_OPEN_TREE, unix.AT_FDCWD, path, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
		s.Call("and not to be written", unix.SYS_MOUNT_SETATTR, tree, "", unix.AT_EMPTY_PATH, setAttr(readOnly|noPrograms), sizeofAttr)
		files = append(files, s.Call("its directory, because what open_tree(2) gives cannot be read", unix.SYS_OPENAT, tree, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0))
	}
	return files
}
