// floor ROOTFS COMMAND [ARG...]: the system calls of urun's launch with one id, in the order that
// `urun --userns single --explain=json ROOTFS COMMAND` prints them, from a static C program that does nothing else.
// It is what a launch of this kind can cost at least: no flags, no passwd, no reports, no signals.
//
// When the order in urun changes, this changes with it. Two things differ on purpose: the child is a fork without CLONE_VM,
// which costs a program as small as this next to nothing, and the init is this program, going on after a vfork, where urun
// executes a sealed file of its own.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MNT_DETACH 2 // <sys/mount.h> and <linux/mount.h> do not go together in glibc 2.36
#define ATTR_SAFE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC)
#define IN_ROOT (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)

static int must(const char *what, long result)
{
    if (result < 0) {
        perror(what);
        _exit(125);
    }
    return result;
}
#define SYS(name, ...) must(#name, syscall(SYS_##name, __VA_ARGS__))

static int resolve(int root, const char *path, uint64_t how)
{
    struct open_how h = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = how};
    return SYS(openat2, root, path, &h, sizeof h);
}

static void attach(int tree, int onto)
{
    SYS(move_mount, tree, "", onto, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

// options: key, value, key, value, NULL; an empty value is a flag
static int create(const char *type, const char **options, unsigned attr)
{
    int fs = SYS(fsopen, type, FSOPEN_CLOEXEC);
    for (; options && options[0]; options += 2)
        SYS(fsconfig, fs, options[1][0] ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, options[0], options[1][0] ? options[1] : NULL, 0);
    SYS(fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
    return SYS(fsmount, fs, FSMOUNT_CLOEXEC, attr);
}

static void loopback(void)
{
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int s = must("socket", socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    must("SIOCSIFFLAGS", ioctl(s, SIOCSIFFLAGS, &lo));
}

static void devices(int dev)
{
    static const char *nodes[] = {"null", "zero", "full", "random", "urandom", "tty"};
    static const char *links[][2] = {{"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"},
        {"/proc/self/fd/2", "stderr"}, {"pts/ptmx", "ptmx"}};
    static const char *dirs[] = {"pts", "shm", "mqueue"};
    struct mount_attr attr = {.attr_set = ATTR_SAFE};
    char path[32];

    for (int i = 0; i < 6; i++) {
        snprintf(path, sizeof path, "/dev/%s", nodes[i]);
        SYS(mknodat, dev, nodes[i], S_IFREG | 0666, 0);
        int node = SYS(open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        SYS(move_mount, node, "", dev, nodes[i], MOVE_MOUNT_F_EMPTY_PATH);
    }
    SYS(mount_setattr, dev, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr);
    for (int i = 0; i < 5; i++)
        SYS(symlinkat, links[i][0], dev, links[i][1]);
    for (int i = 0; i < 3; i++)
        SYS(mkdirat, dev, dirs[i], 0755);
}

// open_root does what needs no ids and returns a handle of the rootfs.
static int open_root(const char *rootfs)
{
    struct statx st;

    SYS(sethostname, "floor", 5);
    loopback();
    SYS(umask, 0);
    SYS(mount, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    int at = SYS(openat, AT_FDCWD, rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
    SYS(statx, at, "", AT_EMPTY_PATH, STATX_INO, &st);
    return at;
}

// root returns the handle of the new root.
static int root(int at)
{
    static const char *dev_options[] = {"mode", "755", "size", "65536k", "uid", "0", "gid", "0", NULL};
    static const char *pts_options[] = {"newinstance", "", "ptmxmode", "0666", "mode", "0620", NULL};
    static const char *shm_options[] = {"mode", "1777", "size", "65536k", "uid", "0", "gid", "0", NULL};

    int tree = SYS(open_tree, at, "", OPEN_TREE_CLONE | AT_RECURSIVE | AT_EMPTY_PATH | OPEN_TREE_CLOEXEC);
    attach(tree, at);

    const uint64_t strict = IN_ROOT | RESOLVE_NO_SYMLINKS;
    attach(create("proc", NULL, ATTR_SAFE | MOUNT_ATTR_NODEV), resolve(tree, "proc", strict));
    int dev = create("tmpfs", dev_options, ATTR_SAFE | MOUNT_ATTR_STRICTATIME);
    attach(dev, resolve(tree, "dev", strict));
    devices(dev);
    attach(create("sysfs", NULL, ATTR_SAFE | MOUNT_ATTR_NODEV | MOUNT_ATTR_RDONLY), resolve(tree, "sys", strict));
    SYS(move_mount, create("devpts", pts_options, ATTR_SAFE), "", dev, "pts", MOVE_MOUNT_F_EMPTY_PATH);
    SYS(move_mount, create("tmpfs", shm_options, ATTR_SAFE | MOUNT_ATTR_NODEV), "", dev, "shm", MOVE_MOUNT_F_EMPTY_PATH);
    SYS(move_mount, create("mqueue", NULL, ATTR_SAFE | MOUNT_ATTR_NODEV), "", dev, "mqueue", MOVE_MOUNT_F_EMPTY_PATH);

    SYS(fchdir, tree);
    SYS(pivot_root, ".", ".");
    SYS(umount2, ".", MNT_DETACH);
    SYS(chdir, "/");
    return tree;
}

static void become(void)
{
    const uint64_t keep = 1 << CAP_CHOWN | 1 << CAP_DAC_OVERRIDE | 1 << CAP_FOWNER | 1 << CAP_FSETID | 1 << CAP_KILL
        | 1 << CAP_NET_BIND_SERVICE | 1ull << CAP_SETFCAP | 1 << CAP_SETGID | 1 << CAP_SETPCAP | 1 << CAP_SETUID | 1 << CAP_SYS_CHROOT;
    struct rlimit files;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{.effective = keep, .permitted = keep}, {.effective = keep >> 32, .permitted = keep >> 32}};

    must("setsid", setsid());
    must("getrlimit", getrlimit(RLIMIT_NOFILE, &files));
    must("setrlimit", setrlimit(RLIMIT_NOFILE, &files));
    for (int i = 0; i <= CAP_LAST_CAP; i++)
        if (!(keep >> i & 1))
            SYS(prctl, PR_CAPBSET_DROP, i, 0, 0, 0);
    SYS(prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
    SYS(setresgid, 0, 0, 0);
    SYS(setresuid, 0, 0, 0);
    SYS(umask, 022);
    SYS(capset, &header, data);
    SYS(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static void enter(int tree)
{
    char room[4096];
    SYS(fchdir, resolve(tree, ".", IN_ROOT));
    SYS(getcwd, room, sizeof room);
    SYS(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
    SYS(prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    SYS(close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC);
}

// init is process 1: it reaps until the command has ended.
static int init(char **command)
{
    int status = 0;
    pid_t pid = vfork(), ended;
    if (pid == 0) {
        char *environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", NULL};
        execve(command[0], command, environment);
        _exit(127);
    }
    do {
        ended = wait(&status);
    } while (ended != pid);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void map(pid_t pid, const char *file, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
    int fd = must(path, open(path, O_WRONLY | O_CLOEXEC));
    must(path, write(fd, text, strlen(text)));
    close(fd);
}

int main(int argc, char **argv)
{
    int control[2], status;
    char byte, text[64];

    if (argc < 3) {
        fprintf(stderr, "usage: floor ROOTFS COMMAND [ARG...]\n");
        return 2;
    }
    must("socketpair", socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control));
    pid_t pid = SYS(clone, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP | SIGCHLD,
        0, 0, 0, 0);
    if (pid == 0) {
        SYS(close, control[0]);
        int at = open_root(argv[1]);
        must("read", read(control[1], &byte, 1));
        int tree = root(at);
        become();
        enter(tree);
        _exit(init(argv + 2));
    }
    map(pid, "setgroups", "deny");
    snprintf(text, sizeof text, "0 %d 1", getuid());
    map(pid, "uid_map", text);
    snprintf(text, sizeof text, "0 %d 1", getgid());
    map(pid, "gid_map", text);
    must("write", write(control[0], "x", 1));
    must("waitpid", waitpid(pid, &status, 0));
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
