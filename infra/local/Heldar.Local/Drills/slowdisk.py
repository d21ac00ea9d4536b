#!/usr/bin/python3
"""A folder seen through FUSE, as a disk that can be slow, hang or fail.

usage: slowdisk.py BACKING MOUNTPOINT CONTROL

CONTROL is a file with one line, read again before every call that changes something: `ok`, `slow MS` (each such call takes that much longer), `hang` (it waits until
the line changes) or `fail` (it fails with EIO). Reading is never disturbed.
"""
import errno
import os
import sys
import time

try:
    from fusepy import FUSE, FuseOSError, Operations  # Debian's name
except ImportError:
    from fuse import FUSE, FuseOSError, Operations


class SlowDisk(Operations):
    def __init__(self, backing, control):
        self.backing, self.control = os.path.realpath(backing), control

    def trouble(self):
        while True:
            with open(self.control, encoding='ascii') as file:
                words = file.read().split() or ['ok']
            if words[0] == 'fail':
                raise FuseOSError(errno.EIO)
            if words[0] == 'slow':
                time.sleep(int(words[1]) / 1000)
            if words[0] != 'hang':
                return
            time.sleep(0.02)

    def path(self, name):
        return os.path.join(self.backing, name.lstrip('/'))

    def getattr(self, path, fh=None):
        stat = os.lstat(self.path(path))
        return {key: getattr(stat, key) for key in ('st_atime', 'st_ctime', 'st_gid', 'st_mode', 'st_mtime', 'st_nlink', 'st_size', 'st_uid', 'st_blocks')}

    def statfs(self, path):
        stat = os.statvfs(self.path(path))
        return {key: getattr(stat, key) for key in ('f_bavail', 'f_bfree', 'f_blocks', 'f_bsize', 'f_favail', 'f_ffree', 'f_files', 'f_flag', 'f_frsize', 'f_namemax')}

    def access(self, path, mode):
        if not os.access(self.path(path), mode):
            raise FuseOSError(errno.EACCES)

    def readdir(self, path, fh):
        return ['.', '..', *os.listdir(self.path(path))]

    def readlink(self, path):
        return os.readlink(self.path(path))

    def open(self, path, flags):
        if flags & (os.O_WRONLY | os.O_RDWR):
            self.trouble()
        return os.open(self.path(path), flags & ~os.O_APPEND)

    def create(self, path, mode, fi=None):
        self.trouble()
        return os.open(self.path(path), os.O_RDWR | os.O_CREAT, mode)

    def read(self, path, size, offset, fh):
        return os.pread(fh, size, offset)

    def write(self, path, data, offset, fh):
        self.trouble()
        return os.pwrite(fh, data, offset)

    def truncate(self, path, length, fh=None):
        self.trouble()
        os.truncate(self.path(path), length)

    def flush(self, path, fh):
        return 0

    def fsync(self, path, datasync, fh):
        self.trouble()
        os.fsync(fh)

    def fsyncdir(self, path, datasync, fh):
        self.trouble()

    def release(self, path, fh):
        os.close(fh)

    def mkdir(self, path, mode):
        self.trouble()
        os.mkdir(self.path(path), mode)

    def rmdir(self, path):
        self.trouble()
        os.rmdir(self.path(path))

    def unlink(self, path):
        self.trouble()
        os.unlink(self.path(path))

    def rename(self, old, new):
        self.trouble()
        os.rename(self.path(old), self.path(new))

    def chmod(self, path, mode):
        os.chmod(self.path(path), mode)

    def chown(self, path, uid, gid):
        os.chown(self.path(path), uid, gid)

    def utimens(self, path, times=None):
        os.utime(self.path(path), times)


if __name__ == '__main__':
    FUSE(SlowDisk(sys.argv[1], sys.argv[3]), sys.argv[2], foreground=True, big_writes=True, default_permissions=True, fsname='heldar-slowdisk')
