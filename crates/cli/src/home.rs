//! Where this person's things are: profiles, receipts, and which profile is meant by default.

use std::fs;
use std::io;
use std::path::PathBuf;

use client::{KeyStore, write_private};
use directories::ProjectDirs;

use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;

/// A folder with `keys/`, `receipts/` and the file `profile`.
#[derive(Clone, Debug)]
pub(crate) struct Home(PathBuf);

impl Home {
    pub(crate) fn of(globals: &Globals) -> Result<Self, Failure> {
        if let Some(path) = &globals.home {
            return Ok(Self(path.clone()));
        }
        let folders = ProjectDirs::from("", "", "strongroom");
        let folders = folders.ok_or_else(|| {
            Failure::usage("there is no home folder to keep keys in")
                .next("name one with --home or STRONGROOM_HOME")
        })?;
        Ok(Self(folders.data_dir().to_owned()))
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        &self.0
    }

    pub(crate) fn keys(&self) -> KeyStore {
        KeyStore::new(self.0.join("keys"))
    }

    pub(crate) fn receipts(&self) -> PathBuf {
        self.0.join("receipts")
    }

    /// The profile named on the command line, else the one chosen by `config use`, else the only
    /// one there is.
    pub(crate) fn profile_name(&self, globals: &Globals) -> Result<String, Failure> {
        if let Some(name) = &globals.profile {
            return Ok(name.clone());
        }
        if let Some(name) = self.chosen()? {
            return Ok(name);
        }
        let mut names = self.keys().list()?;
        match (names.pop(), names.is_empty()) {
            (Some(name), true) => Ok(name),
            (None, _) => Err(Failure::new(Exit::Unauthenticated, "you have no profile yet")
                .next("`strongroom enrol --server URL --name NAME --email EMAIL` makes one")),
            (Some(_), false) => Err(Failure::usage("you have several profiles")
                .next("name one with --profile, or choose one with `strongroom config use`")),
        }
    }

    pub(crate) fn chosen(&self) -> Result<Option<String>, Failure> {
        let path = self.0.join("profile");
        match fs::read_to_string(&path) {
            Ok(name) => Ok(Some(name.trim().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::file(path.display(), &error)),
        }
    }

    pub(crate) fn choose(&self, name: &str) -> Result<(), Failure> {
        if !self.keys().contains(name)? {
            return Err(client::KeyStoreError::NotFound(name.to_owned()).into());
        }
        let path = self.0.join("profile");
        write_private(&path, format!("{name}\n").as_bytes())
            .map_err(|error| Failure::file(path.display(), &error))
    }
}
