//! Asking people: passphrases and confirmations.

use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use client::KeyStore;
use crypto::SecretBytes;

use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;

const VARIABLE: &str = "STRONGROOM_PASSPHRASE";
const PIN_VARIABLE: &str = "STRONGROOM_TOKEN_PIN";
const PIN_FILE_VARIABLE: &str = "STRONGROOM_TOKEN_PIN_FILE";

/// The passphrase of what exists: from the file, the environment, or the terminal.
pub(crate) fn passphrase(globals: &Globals, what: &str) -> Result<SecretBytes, Failure> {
    if let Some(passphrase) = given(globals)? {
        return Ok(passphrase);
    }
    ask(globals, &format!("Passphrase of {what}: "))
}

/// A new passphrase: asked for twice where it is typed.
pub(crate) fn new_passphrase(globals: &Globals, purpose: &str) -> Result<SecretBytes, Failure> {
    let passphrase = if let Some(passphrase) = given(globals)? {
        passphrase
    } else {
        let first = ask(globals, &format!("New passphrase for {purpose}: "))?;
        let second = ask(globals, "The same again: ")?;
        if !crypto::constant_time_eq(first.expose(), second.expose()) {
            return Err(Failure::usage("the two passphrases differ"));
        }
        first
    };
    check_length(&passphrase)?;
    Ok(passphrase)
}

/// The PIN of a PKCS#11 token: from the file or the variable that the environment names, or the terminal.
pub(crate) fn token_pin(globals: &Globals, token: &str) -> Result<SecretBytes, Failure> {
    if let Some(path) = std::env::var_os(PIN_FILE_VARIABLE).filter(|path| !path.is_empty()) {
        return from_file(Path::new(&path));
    }
    if let Ok(pin) = std::env::var(PIN_VARIABLE) {
        return Ok(SecretBytes::new(pin.into_bytes()));
    }
    if !is_interactive(globals) {
        return Err(Failure::new(Exit::Unauthenticated, "the PIN of the token is needed")
            .because("nobody is at a terminal to type it")
            .next(format!("set {PIN_FILE_VARIABLE} or {PIN_VARIABLE}")));
    }
    ask(globals, &format!("PIN of the token {token}: "))
}

/// Refuses a passphrase that is too short to seal anything.
pub(crate) fn check_length(passphrase: &SecretBytes) -> Result<(), Failure> {
    let characters = String::from_utf8_lossy(passphrase.expose()).chars().count();
    if characters < KeyStore::PASSPHRASE_LEN_MIN {
        return Err(client::KeyStoreError::PassphraseTooShort.into());
    }
    Ok(())
}

/// A custodian's new passphrase, typed twice. Never from file or environment: those are of one person.
pub(crate) fn custodian_new(globals: &Globals, index: u8) -> Result<SecretBytes, Failure> {
    let first = ask(globals, &format!("New passphrase for share {index}: "))?;
    let second = ask(globals, "The same again: ")?;
    if crypto::constant_time_eq(first.expose(), second.expose()) {
        Ok(first)
    } else {
        Err(Failure::usage("the two passphrases differ"))
    }
}

/// A custodian's passphrase once more, to see that it opens the share.
pub(crate) fn custodian(globals: &Globals, index: u8) -> Result<SecretBytes, Failure> {
    ask(globals, &format!("Passphrase of share {index}, to read it back: "))
}

/// The passphrase of a share's file.
pub(crate) fn share(globals: &Globals, file: &str) -> Result<SecretBytes, Failure> {
    ask(globals, &format!("Passphrase of the share in {file}: "))
}

/// A new password for the bank: from a file, or asked for twice. Whether it will do is for the bank to say.
pub(crate) fn new_password(globals: &Globals, file: Option<&Path>) -> Result<SecretBytes, Failure> {
    if let Some(path) = file {
        return from_file(path);
    }
    if !is_interactive(globals) {
        return Err(Failure::usage("a new password is needed")
            .because("nobody is at a terminal to type it")
            .next("write it into a file and add --from FILE"));
    }
    let first = ask(globals, "New password: ")?;
    let second = ask(globals, "The same again: ")?;
    if crypto::constant_time_eq(first.expose(), second.expose()) {
        Ok(first)
    } else {
        Err(Failure::usage("the two passwords differ"))
    }
}

/// The password of an account: from a file, or asked for.
pub(crate) fn password(globals: &Globals, file: Option<&Path>) -> Result<SecretBytes, Failure> {
    if let Some(path) = file {
        return from_file(path);
    }
    if !is_interactive(globals) {
        return Err(Failure::usage("a password is needed")
            .because("nobody is at a terminal to type it")
            .next("write it into a file and add --from FILE"));
    }
    ask(globals, "Password: ")
}

/// A code of an authenticator, or a recovery code; nothing where nobody is there to type it.
pub(crate) fn second_factor(globals: &Globals) -> Result<Option<SecretBytes>, Failure> {
    if !is_interactive(globals) {
        return Ok(None);
    }
    let typed = ask(globals, "Code of your authenticator, or a recovery code (Enter for none): ")?;
    Ok(Some(typed).filter(|typed| !typed.expose().is_empty()))
}

/// Asks before something is done that cannot be undone. `summary` says what.
pub(crate) fn confirm(globals: &Globals, summary: &str) -> Result<(), Failure> {
    if globals.yes {
        return Ok(());
    }
    if !is_interactive(globals) {
        return Err(Failure::usage("this needs a confirmation and nobody is there to give it")
            .because(summary.replace('\n', "; "))
            .next("add --yes"));
    }
    eprint!("{summary}\nGo on? [y/N] ");
    let mut answer = String::new();
    let read = io::stderr().flush().and_then(|()| io::stdin().lock().read_line(&mut answer));
    read.map_err(|error| Failure::unexpected("could not read the answer", &error))?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(Failure::new(Exit::Unexpected, "not confirmed; nothing was sent")),
    }
}

fn is_interactive(globals: &Globals) -> bool {
    !globals.no_input && io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn given(globals: &Globals) -> Result<Option<SecretBytes>, Failure> {
    if let Some(path) = &globals.passphrase_file {
        return from_file(path).map(Some);
    }
    Ok(std::env::var(VARIABLE).ok().map(|text| SecretBytes::new(text.into_bytes())))
}

/// The file's bytes without the line break that editors add at its end.
fn from_file(path: &Path) -> Result<SecretBytes, Failure> {
    let mut bytes = fs::read(path).map_err(|error| Failure::file(path.display(), &error))?;
    while bytes.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        bytes.pop();
    }
    Ok(SecretBytes::new(bytes))
}

fn ask(globals: &Globals, question: &str) -> Result<SecretBytes, Failure> {
    if !is_interactive(globals) {
        return Err(Failure::new(Exit::Unauthenticated, "a passphrase is needed")
            .because("nobody is at a terminal to type it")
            .next(format!("set {VARIABLE} or --passphrase-file")));
    }
    rpassword::prompt_password(question)
        .map(|text| SecretBytes::new(text.into_bytes()))
        .map_err(|error| Failure::unexpected("could not read the passphrase", &error))
}
