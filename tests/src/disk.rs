//! A small disk of one test, which can be full.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is written at once.
const BLOCK: usize = 64 * 1024;

/// A file system in memory over a folder, gone when it is dropped.
pub struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// Puts one over a folder, with what is in it. `None`, said aloud: this account may not.
    pub(crate) fn over(folder: &Path, megabytes: u32) -> Option<Self> {
        let aside = folder.with_extension("aside");
        fs::rename(folder, &aside).unwrap();
        fs::create_dir(folder).unwrap();
        let size = format!("size={megabytes}m");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder).output();
        let mounted = mounted.unwrap();
        if !mounted.status.success() {
            let why = String::from_utf8_lossy(&mounted.stderr).trim().to_owned();
            eprintln!("SKIPPED: no disk could be made to be filled, which takes root: {why}");
            fs::remove_dir(folder).unwrap();
            fs::rename(aside, folder).unwrap();
            return None;
        }
        let disk = Self { folder: folder.to_owned() };
        let copied = Command::new("cp").arg("-a").arg(aside.join(".")).arg(folder).status();
        assert!(copied.unwrap().success(), "the rows fit on the disk");
        fs::remove_dir_all(aside).unwrap();
        Some(disk)
    }

    /// Writes until nothing more fits.
    pub fn fill(&self) {
        let mut filler = File::options().create(true).append(true).open(self.filler()).unwrap();
        for size in [BLOCK, 1] {
            let block = vec![7; size];
            loop {
                match filler.write(&block) {
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }

    /// Gives back what [`Disk::fill`] took.
    pub fn free(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: whoever still has a file open there keeps it until they end.
        let _ = Command::new("umount").arg("-l").arg(&self.folder).status();
    }
}
