package container

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/mount"
)

// terminal makes a pty in the container's devpts, so that it is the container's
// and not the host's, and sends its master to the parent.
func (l *launch) terminal(p *forkexec.Program, t *mount.Tree) error {
	if t.DevPTS == nil || t.Dev == nil {
		return fmt.Errorf("a terminal needs a tmpfs at /dev and a devpts at /dev/pts among the mounts")
	}
	master := p.Call("a pty of the container's devpts", unix.SYS_OPENAT, t.DevPTS, "ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
	l.pair(p, master)
	t.Console(l.slave)
	l.sendMaster(p, master)
	return nil
}

// terminalInside makes a pty in the devpts of a container that runs.
func (l *launch) terminalInside(p *forkexec.Program, t *mount.Tree) {
	master := t.Ptmx()
	l.pair(p, master)
	l.sendMaster(p, master)
}

// pair makes the slave of a pty.
func (l *launch) pair(p *forkexec.Program, master any) {
	p.Call("unlocked, or TIOCGPTPEER is EIO", unix.SYS_IOCTL, master, unix.TIOCSPTLCK, make([]byte, 4))
	l.slave = p.Call("its slave, without a path that someone could have replaced", unix.SYS_IOCTL, master, unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
	if size := l.spec.Process.ConsoleSize; size != nil {
		ws := make([]byte, 8)
		binary.LittleEndian.PutUint16(ws, uint16(size.Height))
		binary.LittleEndian.PutUint16(ws[2:], uint16(size.Width))
		p.Call("as large as the caller's", unix.SYS_IOCTL, master, unix.TIOCSWINSZ, ws)
	}
	p.Call("the user may open it again by name", unix.SYS_FCHOWN, l.slave, l.spec.Process.User.UID, int64(1<<32-1))
}

func (l *launch) sendMaster(p *forkexec.Program, master any) {
	sendFD(p, "the parent pumps it", master)
	l.at.master = len(p.Steps()) - 1
	p.Call("the parent has it now", unix.SYS_CLOSE, master)
}

// sendFD sends a descriptor to the parent: sendmsg(2) with SCM_RIGHTS.
func sendFD(p *forkexec.Program, why string, fd any) {
	const (
		msgIov, msgIovlen, msgControl, msgControllen = 16, 24, 32, 40
		cmsgLen, cmsgSpace                           = 20, 24 // of one descriptor
	)
	control := make([]byte, cmsgSpace)
	le := binary.LittleEndian
	le.PutUint64(control, cmsgLen)
	le.PutUint32(control[8:], unix.SOL_SOCKET)
	le.PutUint32(control[12:], unix.SCM_RIGHTS)
	iov := make([]byte, 16)
	le.PutUint64(iov[8:], 1)
	msg := make([]byte, unix.SizeofMsghdr)
	le.PutUint64(msg[msgIovlen:], 1)
	le.PutUint64(msg[msgControllen:], cmsgSpace)

	cm, io, m := p.Data(control), p.Data(iov), p.Data(msg)
	p.Store("the descriptor in the control message", cm, 16, fd)
	p.Store("one byte goes with it", io, 0, p.Data([]byte("P")))
	p.Store("the message's data", m, msgIov, io)
	p.Store("the message's control data", m, msgControl, cm)
	p.Call(why, unix.SYS_SENDMSG, forkexec.Control, m, unix.MSG_NOSIGNAL)
}
