//! The memory that control groups leave a process, on Linux: of versions 1 and 2, nested ones too.
//!
//! A group's usage counts the pages of files that it has read, which the system takes back when they are
//! wanted; a library that takes limit minus usage for what is left refuses work after a large file was
//! read.

use std::fs;
use std::path::{Path, PathBuf};

/// The files of one version of control groups.
struct Version {
    /// The type of its mounts.
    file_system: &'static str,
    limit: &'static str,
    usage: &'static str,
    /// Bytes of pages of files, by their names in `memory.stat`; those of the groups below included.
    cached: [&'static str; 2],
}

const FIRST: Version = Version {
    file_system: "cgroup",
    limit: "memory.limit_in_bytes",
    usage: "memory.usage_in_bytes",
    cached: ["total_inactive_file", "total_active_file"],
};

const SECOND: Version = Version {
    file_system: "cgroup2",
    limit: "memory.max",
    usage: "memory.current",
    cached: ["inactive_file", "active_file"],
};

/// Bytes that the groups of this process leave it; `None` where none limits it. `root` is where the
/// system's files are found: `/`.
pub(crate) fn available(root: &Path) -> Option<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let mounts = fs::read_to_string(root.join("proc/self/mountinfo")).ok()?;
    let left = groups.lines().filter_map(|line| {
        // Number, controllers, path; version 2 names no controllers.
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let version = match controllers {
            "" => SECOND,
            _ if controllers.split(',').any(|name| name == "memory") => FIRST,
            _ => return None,
        };
        let (top, group) = folder(root, &mounts, &version, Path::new(path))?;
        let groups = group
            .ancestors()
            .take_while(|group| group.starts_with(&top));
        groups.filter_map(|group| version.left_of(group)).min()
    });
    left.min()
}

/// Where a version's groups of memory are mounted, and the folder of a group there.
fn folder(
    root: &Path,
    mounts: &str,
    version: &Version,
    group: &Path,
) -> Option<(PathBuf, PathBuf)> {
    mounts.lines().find_map(|line| {
        let (mount, system) = line.split_once(" - ")?;
        let mut mount = mount.split(' ').skip(3);
        let (mounted, point) = (mount.next()?, mount.next()?);
        let mut system = system.split(' ');
        let is_ours = system.next()? == version.file_system;
        let options = system.nth(1).unwrap_or_default();
        let of_memory = version.file_system == SECOND.file_system
            || options.split(',').any(|option| option == "memory");
        let top = root.join(point.trim_start_matches('/'));
        // A container sees its own group at the top, under a name that is known outside alone.
        let below = group.strip_prefix(mounted).unwrap_or(Path::new(""));
        (is_ours && of_memory).then(|| (top.clone(), top.join(below)))
    })
}

impl Version {
    /// Bytes that are left of a group's limit; `None` where it has none.
    fn left_of(&self, group: &Path) -> Option<u64> {
        let number = |name| -> Option<u64> {
            let text = fs::read_to_string(group.join(name)).ok()?;
            text.trim().parse().ok()
        };
        let (limit, usage) = (number(self.limit)?, number(self.usage)?);
        let counts = fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
        let cached = counts.lines().filter_map(|line| {
            let (name, bytes) = line.split_once(' ')?;
            let bytes: u64 = bytes.parse().ok()?;
            self.cached.contains(&name).then_some(bytes)
        });
        let held = usage.saturating_sub(cached.sum());
        Some(limit.saturating_sub(held))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree of files under a folder, and what its groups leave.
    fn left(files: &[(&str, &str)]) -> Option<u64> {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        available(root.path())
    }

    const MOUNTS: &str = "\
24 1 0:22 / /sys rw shared:7 - sysfs sysfs rw
33 24 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu
34 24 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
35 24 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
";

    #[test]
    fn the_smallest_of_nested_groups_counts() {
        let first = [
            ("proc/self/cgroup", "5:cpu:/\n4:memory:/a/b\n0::/\n"),
            ("proc/self/mountinfo", MOUNTS),
            (
                "sys/fs/cgroup/memory/memory.limit_in_bytes",
                "9223372036854771712\n",
            ),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "7000\n"),
            ("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1000\n"),
            ("sys/fs/cgroup/memory/a/memory.usage_in_bytes", "900\n"),
            (
                "sys/fs/cgroup/memory/a/memory.stat",
                "cache 1\ntotal_inactive_file 50\ntotal_active_file 20\n",
            ),
            ("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "500\n"),
            ("sys/fs/cgroup/memory/a/b/memory.usage_in_bytes", "100\n"),
        ];
        assert_eq!(left(&first), Some(170));
        assert_eq!(left(&first[..4]), Some(9223372036854771712 - 7000));
        assert_eq!(left(&first[..2]), None);
        assert_eq!(left(&[]), None);
    }

    #[test]
    fn version_2_is_read_to_its_top() {
        let mut second = vec![
            ("proc/self/cgroup", "0::/user/run\n"),
            (
                "proc/self/mountinfo",
                "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
            ),
            ("sys/fs/cgroup/user/memory.max", "max\n"),
            ("sys/fs/cgroup/user/memory.current", "100\n"),
            ("sys/fs/cgroup/user/run/memory.max", "268435456\n"),
            ("sys/fs/cgroup/user/run/memory.current", "200\n"),
            (
                "sys/fs/cgroup/user/run/memory.stat",
                "anon 150\ninactive_file 30\nactive_file 20\n",
            ),
        ];
        assert_eq!(left(&second), Some(268435456 - 150));
        // The group above has less left.
        second[2].1 = "90\n";
        assert_eq!(left(&second), Some(0));
        // In a container the group is mounted at the top.
        second[1].1 = "30 24 0:26 /user/run /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        second.push(("sys/fs/cgroup/memory.max", "4096\n"));
        second.push(("sys/fs/cgroup/memory.current", "96\n"));
        assert_eq!(left(&second), Some(4000));
    }
}
