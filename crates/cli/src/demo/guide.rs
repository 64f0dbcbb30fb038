//! What a person can do with the bank that now stands there.

use std::path::{Path, PathBuf};

use client::write_private;

use super::cast::KeptProfile;
use super::door::Door;
use super::house::{self, House};
use super::names;
use super::plan::ROTATES;
use crate::failure::Failure;

/// Tells a person what can be done now.
pub(super) fn tell(house: &House, profiles: &[KeptProfile], door: &Door) {
    let (folder, people) = (house.path().display(), people_folder(house));
    let passphrase = house::passphrase_path(house.path());
    let people = people.display();
    let (plain, tls) = (house.address(), house.tls_address());
    eprintln!("\nopen at {plain} and {tls}");
    eprintln!("  console  {}", house.console());
    eprintln!("  API      {plain}/api/docs");
    eprintln!("  metrics  {plain}/metrics");
    eprintln!(
        "  folder   {folder}{}",
        if house.is_kept() { "" } else { ", which goes with the demo" }
    );
    eprintln!("\nprofiles:");
    let width = profiles.iter().map(|profile| profile.name.len()).max().unwrap_or_default();
    for KeptProfile { name, about } in profiles {
        eprintln!("  {name:width$}  {about}");
    }
    eprintln!("\nact as one of them in another terminal:");
    eprintln!("  export STRONGROOM_HOME={people}");
    eprintln!("  export STRONGROOM_PASSPHRASE_FILE={}", passphrase.display());
    eprintln!("  strongroom --profile {} accounts list", names::profile(ROTATES));
    eprintln!("  strongroom --profile manager accounts list");
    let trust = house::trust_path(house.path());
    eprintln!("prove a payment, with the bank gone:");
    eprintln!("  strongroom receipt verify {people}/receipts/ok.json --trust {}", trust.display());
    if house.is_kept() {
        eprintln!("prove the whole bank, running or not:");
        eprintln!("  STRONGROOM_DATA_DIR={folder} strongroom verify --trust {}", trust.display());
    }
    eprintln!(
        "\nenter the console as a customer, manager, auditor or administrator, with one click:"
    );
    eprintln!("  {}/demo#{}", house.console(), door.ticket());
    eprintln!("\nCtrl-C ends it");
}

/// Home folder of the profiles that were kept.
pub(super) fn people_folder(house: &House) -> PathBuf {
    house.path().join("people")
}

/// Keeps receipts as files.
pub(super) fn keep_samples(folder: &Path, samples: &[(String, Vec<u8>)]) -> Result<(), Failure> {
    let folder = folder.join("receipts");
    house::make_private(&folder).map_err(|error| Failure::file(folder.display(), &error))?;
    for (name, bytes) in samples {
        let path = folder.join(name);
        write_private(&path, bytes).map_err(|error| Failure::file(path.display(), &error))?;
    }
    Ok(())
}
