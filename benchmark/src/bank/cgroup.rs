//! What a container uses, by the account that the kernel keeps of its control group.

use std::fs;
use std::path::{Path, PathBuf};

use procfs::ProcessCGroup;
use procfs::process::{MountInfo, Process};

/// The control groups that the processes of a container are in, with everything that it ever started.
#[derive(Debug)]
pub struct ControlGroup {
    cpu: Option<Folder>,
    memory: Option<Folder>,
}

/// Where a controller has its files, by the version of control groups that it is mounted by.
#[derive(Debug, PartialEq, Eq)]
enum Folder {
    V1(PathBuf),
    V2(PathBuf),
}

impl ControlGroup {
    /// Those of the container that a process runs in; `None` of a process that runs in none, beside us.
    #[must_use]
    pub fn of_container(process: &Process) -> Option<Self> {
        // Everybody may read this: it has one more number for each container around the process.
        if process.status().ok()?.nspid?.len() < 2 {
            return None;
        }
        let groups = process.cgroups().ok()?.0;
        let mounts = Process::myself().and_then(|ourselves| ourselves.mountinfo()).ok()?.0;
        Some(Self { cpu: folder("cpuacct", &groups, &mounts), memory: folder("memory", &groups, &mounts) })
    }

    /// Processor time since the container was started, in microseconds; `None` where it is not counted.
    #[must_use]
    pub fn cpu_us(&self) -> Option<u64> {
        match self.cpu.as_ref()? {
            Folder::V1(folder) => Some(number(&folder.join("cpuacct.usage"))? / 1_000),
            Folder::V2(folder) => field(&folder.join("cpu.stat"), "usage_usec"),
        }
    }

    /// Memory, in KiB, without the pages of files that have not been used for a while, which the kernel takes back when it needs them: the
    /// figure of `docker stats`. `None` where it is not counted.
    #[must_use]
    pub fn memory_kib(&self) -> Option<u64> {
        let (folder, used, unused_files) = match self.memory.as_ref()? {
            Folder::V1(folder) => (folder, "memory.usage_in_bytes", "total_inactive_file"),
            Folder::V2(folder) => (folder, "memory.current", "inactive_file"),
        };
        let unused_bytes = field(&folder.join("memory.stat"), unused_files)?;
        Some(number(&folder.join(used))?.saturating_sub(unused_bytes) / 1_024)
    }
}

/// A machine may have some controllers by version 1 and the others by version 2.
fn folder(controller: &str, groups: &[ProcessCGroup], mounts: &[MountInfo]) -> Option<Folder> {
    let v1 = || {
        let mount =
            mounts.iter().find(|mount| mount.fs_type == "cgroup" && mount.super_options.contains_key(controller))?;
        let group = groups.iter().find(|group| group.controllers.iter().any(|name| name == controller))?;
        Some(Folder::V1(below(mount, group)?))
    };
    let v2 = || {
        let mount = mounts.iter().find(|mount| mount.fs_type == "cgroup2")?;
        let group = groups.iter().find(|group| group.hierarchy == 0)?;
        Some(Folder::V2(below(mount, group)?))
    };
    v1().or_else(v2)
}

/// A group's folder; `None` where the mount does not show it.
fn below(mount: &MountInfo, group: &ProcessCGroup) -> Option<PathBuf> {
    let path = Path::new(&group.pathname).strip_prefix(&mount.root).ok()?;
    Some(mount.mount_point.join(path))
}

fn number(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// Of a file with a name and a number in each line.
fn field(file: &Path, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(line: &str) -> MountInfo {
        MountInfo::from_line(line).expect("a line of mountinfo")
    }

    fn group(hierarchy: u32, controllers: &[&str], pathname: &str) -> ProcessCGroup {
        let controllers = controllers.iter().map(|name| (*name).to_owned()).collect();
        ProcessCGroup { hierarchy, controllers, pathname: pathname.to_owned() }
    }

    #[test]
    fn a_controller_is_found_where_it_is_mounted() {
        let v1 = mount("35 31 0:32 / /cg/memory rw,relatime - cgroup cgroup rw,memory");
        let inner = mount("35 31 0:32 /outer /cg/memory rw,relatime - cgroup cgroup rw,memory");
        let v2 = mount("41 31 0:38 / /cg/unified rw - cgroup2 cgroup2 rw");
        let tmpfs = mount("31 23 0:28 / /cg rw - tmpfs tmpfs rw");
        let groups = [group(4, &["memory"], "/outer/one"), group(0, &[], "/slice/one.scope")];
        let of = |mounts: &[&MountInfo]| {
            let mounts: Vec<MountInfo> = mounts.iter().map(|mount| (*mount).clone()).collect();
            folder("memory", &groups, &mounts)
        };
        assert_eq!(of(&[&tmpfs, &v1, &v2]), Some(Folder::V1("/cg/memory/outer/one".into())), "both: version 1 has it");
        assert_eq!(of(&[&tmpfs, &inner]), Some(Folder::V1("/cg/memory/one".into())), "a mount of a part of the tree");
        assert_eq!(of(&[&tmpfs, &v2]), Some(Folder::V2("/cg/unified/slice/one.scope".into())));
        assert_eq!(of(&[&tmpfs]), None);
    }

    #[test]
    fn both_versions_tell_time_and_memory() {
        let root = std::env::temp_dir().join(format!("cgroup-{}", std::process::id()));
        let write = |name: &str, text: &str| fs::write(root.join(name), text).expect("it can be written");
        fs::create_dir_all(&root).expect("a folder for files");
        write("cpuacct.usage", "5000999\n");
        write("cpu.stat", "usage_usec 7000\nuser_usec 6000\nsystem_usec 1000\n");
        write("memory.usage_in_bytes", "4194304\n");
        write("memory.current", "8388608\n");
        write("memory.stat", "inactive_file 1048576\ntotal_inactive_file 2097152\n");
        let used = |of: fn(PathBuf) -> Folder| {
            let group = ControlGroup { cpu: Some(of(root.clone())), memory: Some(of(root.clone())) };
            (group.cpu_us(), group.memory_kib())
        };
        let (v1, v2) = (used(Folder::V1), used(Folder::V2));
        fs::remove_dir_all(&root).expect("it is there");
        assert_eq!((v1, v2), ((Some(5_000), Some(2_048)), (Some(7_000), Some(7_168))));
        assert_eq!(used(Folder::V2), (None, None), "a container that has ended");
    }

    #[test]
    fn we_run_in_no_container_of_our_own_beside_us() {
        let ourselves = Process::myself().expect("we are there");
        assert!(ControlGroup::of_container(&ourselves).is_none());
    }
}
