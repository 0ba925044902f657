"""Whether a path lies on another machine's disk, where locks and shared memory can't be trusted."""

import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = re.compile(  # names of file systems in Linux
    r"nfs4?|cifs|smb3?|smbfs|9p|afs|ceph|lustre|gpfs|beegfs|glusterfs|ocfs2|vboxsf|virtiofs|"
    r"fuse\.(sshfs|glusterfs|s3fs|rclone|davfs2?|cephfs|juicefs|mergerfs)"
)


def network_file_system(path: Path, mounts: Path = MOUNTS) -> str | None:
    """Return the name of the network file system `path` lies on, none if it lies on no such.

    Where the system has no table of its mounts (`mounts`), nothing is known, and none returned.
    """
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    full = path.absolute().resolve()
    found, depth = "", -1
    for line in lines:
        fields, _, rest = line.partition(" - ")
        point = Path(_unescaped(fields.split(" ")[4]))
        if full.is_relative_to(point) and len(point.parts) >= depth:  # the last mount is on top
            found, depth = rest.split(" ")[0], len(point.parts)
    return found if _NETWORK.fullmatch(found) else None


def _unescaped(text: str) -> str:
    r"""Return a mount point with its blanks, which the table has as ``\040``."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
