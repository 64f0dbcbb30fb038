//! A profile at work: unlocked, connected, logged in.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use client::{
    AccountView, Bank, ClientError, FileToPay, KeyStoreError, Profile, ServerUrl, Session, Settled,
    Transport, Trust, Unlocked, Wish,
};
use intent::Receipt;
use ledger::AccountId;
use money::AssetCode;

use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::Home;
use crate::prompt;
use crate::receipts;

/// The holder of a profile, with an open session.
pub(crate) struct Holder {
    home: Home,
    unlocked: Unlocked,
    profile: Profile,
    pub(crate) session: Session,
}

impl Holder {
    /// Unlocks the profile and takes up its session, or logs in where it has ended.
    pub(crate) async fn open(globals: &Globals) -> Result<Self, Failure> {
        Self::open_with(globals, Start::Resume).await
    }

    /// Unlocks the profile and logs in anew.
    pub(crate) async fn log_in(globals: &Globals) -> Result<Self, Failure> {
        Self::open_with(globals, Start::LogIn).await
    }

    async fn open_with(globals: &Globals, start: Start) -> Result<Self, Failure> {
        let home = Home::of(globals)?;
        let name = home.profile_name(globals)?;
        // Before a passphrase is asked for that could open nothing.
        if !home.keys().contains(&name)? {
            return Err(KeyStoreError::NotFound(name).into());
        }
        let passphrase = prompt::passphrase(globals, &format!("profile {name}"))?;
        let (unlocked, mut profile) = home.keys().unlock(&name, &passphrase)?;
        let bank = bank_of(globals, &profile)?;
        let identity = profile.identity.clone();
        let session = match (start, profile.session.take()) {
            (Start::Resume, Some(standing)) => {
                let session = Session::resume(bank.clone(), identity.clone(), standing);
                match session.token().await {
                    Ok(_) => session,
                    Err(error) if error.is_unauthenticated() => bank.login(identity).await?,
                    Err(error) => return Err(error.into()),
                }
            }
            (Start::Resume, None) | (Start::LogIn, _) => bank.login(identity).await?,
        };
        let mut holder = Self { home, unlocked, profile, session };
        holder.save().await?;
        Ok(holder)
    }

    /// Signs and submits; the receipt is kept.
    pub(crate) async fn submit(&self, wish: Wish) -> Result<Settled, Failure> {
        self.keep(self.session.submit(wish).await)
    }

    /// Signs a payment file and submits it; the receipt is kept.
    pub(crate) async fn pay_file(&self, file: &FileToPay) -> Result<Settled, Failure> {
        self.keep(self.session.pay_file(file).await)
    }

    /// Signs for a part of a report; the receipt is kept.
    pub(crate) async fn report(
        &self,
        wish: Wish,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Settled, Failure> {
        self.keep(self.session.report(wish, limit, cursor).await)
    }

    fn keep(&self, settled: Result<Settled, ClientError>) -> Result<Settled, Failure> {
        match settled {
            Ok(settled) => {
                receipts::keep(&self.home, &settled.receipt)?;
                Ok(settled)
            }
            Err(error) => {
                if let ClientError::Refused { receipt, .. } = &error {
                    receipts::keep(&self.home, receipt)?;
                }
                Err(error.into())
            }
        }
    }

    /// The account named, else the only one in `asset`.
    pub(crate) async fn account(
        &self,
        named: Option<AccountId>,
        asset: AssetCode,
    ) -> Result<AccountView, Failure> {
        let accounts = self.session.accounts().await?;
        let named = named.map(|id| id.to_string());
        let user = self.session.identity().user().id.to_string();
        let mut fitting = accounts.into_iter().filter(|account| match &named {
            Some(id) => account.id == *id,
            // Staff see everyone's accounts, but pay from none of them by accident.
            None => account.asset == asset.as_str() && account.owner.as_ref() == Some(&user),
        });
        match (fitting.next(), fitting.next()) {
            (Some(account), None) => Ok(account),
            (Some(_), Some(_)) => {
                Err(Failure::usage(format!("you have several accounts in {asset}"))
                    .next("name one with --from; `strongroom accounts list` shows them"))
            }
            (None, _) => {
                Err(Failure::new(Exit::Refused, format!("you have no such account in {asset}"))
                    .next(format!("`strongroom accounts open {asset}` opens one")))
            }
        }
    }

    /// Writes down what a later command needs: the tokens as they are now.
    pub(crate) async fn save(&mut self) -> Result<(), Failure> {
        self.profile.session = Some(self.session.standing().await);
        Ok(self.unlocked.save(&self.profile)?)
    }

    /// Forgets the session.
    pub(crate) fn forget_session(&mut self) -> Result<(), Failure> {
        self.profile.session = None;
        Ok(self.unlocked.save(&self.profile)?)
    }

    /// Replaces the profile's key by a successor that the present key signs, and logs in with it.
    ///
    /// The successor is on disk before the bank is asked: an answer that is lost does not lose the
    /// key that was certified. It is removed only when it is certain that the bank refused it.
    pub(crate) async fn rotate(mut self) -> Result<(Self, Receipt), Failure> {
        let successor = self.session.identity().successor()?;
        let successor = Arc::new(successor.with_journal(self.unlocked.journal()));
        let next = Profile {
            server: self.profile.server.clone(),
            tls_roots: self.profile.tls_roots.clone(),
            trust: self.profile.trust.clone(),
            identity: successor.clone(),
            session: None,
        };
        self.unlocked.save_successor(&next)?;
        let receipt = match self.session.rotate(&successor).await {
            Ok(receipt) => receipt,
            Err(error) if error.problem().is_some_and(|problem| problem.status < 500) => {
                self.unlocked.remove_successor()?;
                return Err(error.into());
            }
            Err(error) => {
                let next = "whether the key was replaced is unknown; the new one is kept as the \
                            profile with -next at its end: keep it until `strongroom login` works";
                return Err(Failure::from(error).next(next));
            }
        };
        receipts::keep(&self.home, &receipt)?;
        let bank = self.session.bank().clone();
        self.profile = next;
        self.unlocked.save(&self.profile)?;
        self.unlocked.remove_successor()?;
        self.session = bank.login(successor).await?;
        self.save().await?;
        Ok((self, receipt))
    }
}

enum Start {
    Resume,
    LogIn,
}

/// A transport to the server named on the command line, else to `fallback`.
pub(crate) fn transport(
    globals: &Globals,
    fallback: Option<&str>,
    tls_roots: Option<&str>,
) -> Result<Transport, Failure> {
    let server = globals.server.as_deref().or(fallback).ok_or_else(|| {
        Failure::usage("which bank? no server is named").next("add --server https://host:port")
    })?;
    let server = if globals.danger_plain_http {
        ServerUrl::danger_parse_plain_http(server)?
    } else {
        ServerUrl::parse(server)?
    };
    let named = globals.tls_root.as_deref().map(read_text).transpose()?;
    Ok(Transport::new(server, named.as_deref().or(tls_roots))?)
}

/// A bank that is met for the first time.
pub(crate) struct Stranger {
    pub(crate) bank: Bank,
    /// Address to keep.
    pub(crate) server: String,
    pub(crate) tls_roots: Option<String>,
}

/// The bank that the command line names: it must prove to be the one of the trust file where there is one, else its keys
/// are believed, and told.
pub(crate) async fn meet(globals: &Globals, trust: Option<&Path>) -> Result<Stranger, Failure> {
    let tls_roots = globals.tls_root.as_deref().map(read_text).transpose()?;
    let transport = transport(globals, None, tls_roots.as_deref())?;
    let server = transport.server().origin();
    let bank = Bank::connect(transport).await?;
    match trust {
        Some(path) => {
            let trust = Trust::from_json(&read_bytes(path)?)?;
            if !bank.trust().is_same_bank(&trust) {
                let what = "the server is not the bank of the trust file";
                return Err(Failure::new(Exit::Invalid, what).because("it shows other keys"));
            }
        }
        None => eprintln!(
            "believing the keys that {server} shows: root {}",
            bank.trust().root.fingerprint()
        ),
    }
    Ok(Stranger { bank, server, tls_roots })
}

pub(crate) fn bank_of(globals: &Globals, profile: &Profile) -> Result<Bank, Failure> {
    let transport = transport(globals, Some(&profile.server), profile.tls_roots.as_deref())?;
    Ok(Bank::new(transport, profile.trust.clone()))
}

pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::file(path.display(), &error))
}

pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::file(path.display(), &error))
}
