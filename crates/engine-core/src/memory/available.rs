//! How much memory this process can still allocate: the minimum of the machine's available memory, the limits of its
//! control groups, and the limit of its address space.

use std::path::Path;

/// Available bytes; `None` if the system does not report them.
pub(super) fn bytes() -> Option<u64> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let machine = read("/proc/meminfo").and_then(|text| of_machine(&text));
    let groups = read("/proc/self/cgroup").and_then(|text| left_in_groups(&text, Path::new("/sys/fs/cgroup")));
    [machine, groups, left_of_addresses()].into_iter().flatten().min()
}

/// The available memory of `/proc/meminfo`, plus the free swap space, to which idle memory of other programs can be
/// moved.
fn of_machine(text: &str) -> Option<u64> {
    Some((field(text, "MemAvailable:")? + field(text, "SwapFree:").unwrap_or(0)) << 10)
}

/// The number after `name` in a text with one name and number per line.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The file and field names of a version of control groups.
struct Names {
    limit: &'static str,
    used: &'static str,
    /// The field of the page cache, which the system frees when memory is short.
    cache: &'static str,
}

const SECOND: Names = Names { limit: "memory.max", used: "memory.current", cache: "inactive_file " };
const FIRST: Names =
    Names { limit: "memory.limit_in_bytes", used: "memory.usage_in_bytes", cache: "total_inactive_file " };

/// The memory left under the limits of the control groups in `groups` (in the format of `/proc/self/cgroup`) and of
/// their ancestors. `mount` is the folder of the hierarchy.
fn left_in_groups(groups: &str, mount: &Path) -> Option<u64> {
    let lefts = groups.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        match controllers {
            "" => left_upwards(mount, path, &SECOND),
            _ if controllers.split(',').any(|name| name == "memory") => {
                left_upwards(&mount.join("memory"), path, &FIRST)
            }
            _ => None,
        }
    });
    lefts.min()
}

/// The minimum of the memory left in the group `path` below `root` and in all its ancestors. A container may see its
/// own group as the root.
fn left_upwards(root: &Path, path: &str, names: &Names) -> Option<u64> {
    let group = root.join(path.trim_start_matches('/'));
    group.ancestors().take_while(|folder| folder.starts_with(root)).filter_map(|folder| left(folder, names)).min()
}

fn left(group: &Path, names: &Names) -> Option<u64> {
    let number = |name: &str| std::fs::read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
    let limit = number(names.limit)?;
    let stat = std::fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
    let used = number(names.used)?.saturating_sub(field(&stat, names.cache).unwrap_or(0));
    Some(limit.saturating_sub(used))
}

/// The memory left under the limit of `ulimit -v`.
#[cfg(target_os = "linux")]
fn left_of_addresses() -> Option<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a valid place for the result.
    let told = unsafe { libc::getrlimit(libc::RLIMIT_AS, &mut limit) } == 0;
    if !told || limit.rlim_cur == libc::RLIM_INFINITY {
        return None;
    }
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    Some(limit.rlim_cur.saturating_sub(field(&status, "VmSize:")? << 10))
}

#[cfg(not(target_os = "linux"))]
fn left_of_addresses() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(folder: &Path, files: &[(&str, &str)]) {
        std::fs::create_dir_all(folder).unwrap();
        files.iter().for_each(|(name, text)| std::fs::write(folder.join(name), text).unwrap());
    }

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let text = "MemTotal:       100 kB\nMemFree:         7 kB\nMemAvailable:    42 kB\n";
        assert_eq!(field(text, "MemAvailable:"), Some(42));
        assert_eq!(field(text, "SwapFree:"), None);
        assert_eq!(of_machine(text), Some(42 << 10));
        assert_eq!(of_machine(&format!("{text}SwapFree: 8 kB\n")), Some(50 << 10));
    }

    #[test]
    fn the_tightest_group_counts_its_own_or_one_above() {
        let root = tempfile::tempdir().unwrap();
        let used = ("memory.current", "300\n");
        group(&root.path().join("a/b"), &[("memory.max", "max\n"), used]);
        assert_eq!(left_in_groups("0::/a/b\n", root.path()), None);
        group(
            &root.path().join("a"),
            &[("memory.max", "1000\n"), used, ("memory.stat", "anon 1\ninactive_file 100\n")],
        );
        assert_eq!(left_in_groups("0::/a/b\n", root.path()), Some(800));
        group(&root.path().join("a/b"), &[("memory.max", "200\n"), used]);
        assert_eq!(left_in_groups("0::/a/b\n", root.path()), Some(0));
        // In a container, the container's own group is the visible root.
        group(root.path(), &[("memory.max", "5000\n"), used]);
        assert_eq!(left_in_groups("0::/host/only\n", root.path()), Some(4700));
    }

    #[test]
    fn groups_of_the_first_version_count_too() {
        let root = tempfile::tempdir().unwrap();
        let files = [
            ("memory.limit_in_bytes", "900"),
            ("memory.usage_in_bytes", "500"),
            ("memory.stat", "total_inactive_file 50\n"),
        ];
        group(&root.path().join("memory/job"), &files);
        let text = "12:cpu,cpuacct:/job\n4:memory:/job\n0::/\n";
        assert_eq!(left_in_groups(text, root.path()), Some(450));
    }

    #[test]
    fn this_machine_says_how_much_it_has() {
        if cfg!(target_os = "linux") {
            assert!(bytes().is_some_and(|bytes| bytes > 1 << 20));
        }
    }
}
