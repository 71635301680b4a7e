//! Small disks, in memory, and filling them up.

use std::ffi::CString;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use crate::error::ChaosError;

static CHUNK: [u8; 65_536] = [0x5a; 65_536];

/// A file system of its own; dropped, it is gone with all that is on it.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// Makes one at this folder, which is made where it is missing.
    ///
    /// # Errors
    /// When this user may not.
    pub fn mount(folder: &Path, size_mib: u32) -> Result<Self, ChaosError> {
        let what = format!("cannot make a disk at {}", folder.display());
        std::fs::create_dir_all(folder).map_err(ChaosError::io(what.clone()))?;
        let options = CString::new(format!("size={size_mib}m,mode=755")).expect("digits have no zero byte");
        mount("tmpfs", folder, "tmpfs", MountFlags::empty(), options.as_c_str())
            .map_err(|error| ChaosError::io(what)(error.into()))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Fills it to the last byte.
    ///
    /// # Errors
    /// When it does not get full, or cannot be written.
    pub fn fill(&self) -> Result<Filler, ChaosError> {
        let path = self.folder.join("filler");
        let failed = || ChaosError::io(format!("cannot fill {}", self.folder.display()));
        let mut file = std::fs::File::create(&path).map_err(failed())?;
        let mut filler = Filler { path, bytes: 0 };
        // Smaller pieces for what is left at last.
        for piece in [CHUNK.len(), 4_096, 1] {
            loop {
                match file.write(&CHUNK[..piece]) {
                    Ok(written @ 1..) => filler.bytes += written as u64,
                    Ok(_) => break,
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => return Err(failed()(error)),
                }
            }
        }
        Ok(filler)
    }

    /// Leaves it where it is, for who wants to look at it.
    pub fn leave(self) {
        eprintln!("a disk in memory is left at {}; take it away: umount {0}", self.folder.display());
        std::mem::forget(self);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Err(error) = unmount(&self.folder, UnmountFlags::DETACH) {
            eprintln!("warning: the disk at {} stays: {error}", self.folder.display());
        }
    }
}

/// What fills a disk; dropped, there is room again.
#[derive(Debug)]
#[must_use = "dropped, there is room again"]
pub struct Filler {
    path: PathBuf,
    /// How much it took.
    pub bytes: u64,
}

impl Drop for Filler {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            eprintln!("warning: {} stays: {error}", self.path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_has_room_again_when_the_filler_is_dropped() {
        let folder = std::env::temp_dir().join(format!("chaos-disk-{}", std::process::id()));
        let Ok(disk) = Disk::mount(&folder, 1) else {
            assert!(!rustix::process::geteuid().is_root(), "root can make a disk");
            return;
        };
        let filler = disk.fill().unwrap();
        assert!(filler.bytes > 900_000, "{}", filler.bytes);
        let full = std::fs::write(folder.join("one more"), b"byte");
        assert_eq!(full.unwrap_err().kind(), ErrorKind::StorageFull);
        drop(filler);
        // The file system may give the room back some moments later.
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while let Err(error) = std::fs::write(folder.join("one more"), b"byte") {
            assert!(std::time::Instant::now() < deadline, "{error}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        drop(disk);
        std::fs::remove_dir(&folder).unwrap();
    }
}
