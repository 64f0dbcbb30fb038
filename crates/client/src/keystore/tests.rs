use std::fs;
use std::os::unix::fs::PermissionsExt;

use crypto::{KemSecretKey, SigningKey, Suite};
use intent::{Role, UserId};
use pki::{Validity, authority};
use tempfile::TempDir;
use tlog::{CheckpointVerifier, Origin};
use uuid::Uuid;

use super::*;
use crate::{Device, KeyChain, UserName};

const NAME: &str = "alice";

#[test]
fn a_wrong_passphrase_is_refused() {
    let store = Fixture::new();
    assert!(matches!(store.unlock(b"correct horsf"), Err(KeyStoreError::WrongPassphrase)));
    assert!(matches!(store.unlock(b""), Err(KeyStoreError::WrongPassphrase)));
}

#[test]
fn a_flipped_bit_anywhere_is_refused() {
    let store = Fixture::new();
    let path = store.path();
    let good = fs::read(&path).unwrap();
    // One position of each field of the header, then nonce, ciphertext and tag. The memory's high
    // bytes are left out: they are refused as out of bounds, which the next test shows.
    let positions = [0, 1, 4, 9, 13, 14, 29, 30, 31, 42, 43, good.len() / 2, good.len() - 1];
    for position in positions {
        let mut bad = good.clone();
        bad[position] ^= 1;
        fs::write(&path, &bad).unwrap();
        assert!(store.unlock(PASSPHRASE).is_err(), "byte {position}");
    }
    fs::write(&path, &good).unwrap();
    assert!(store.unlock(PASSPHRASE).is_ok());
}

#[test]
fn a_file_that_asks_for_too_much_work_is_refused_before_any_is_done() {
    let store = Fixture::new();
    let path = store.path();
    let good = fs::read(&path).unwrap();
    for position in [2, 6, 10] {
        let mut bad = good.clone();
        bad[position] = 0xff;
        fs::write(&path, &bad).unwrap();
        let refused = store.unlock(PASSPHRASE);
        assert!(matches!(refused, Err(KeyStoreError::Malformed { .. })), "byte {position}");
    }
}

#[test]
fn a_file_cut_short_anywhere_is_refused() {
    let store = Fixture::new();
    let path = store.path();
    let good = fs::read(&path).unwrap();
    for len in [0, 1, 30, 31, 43, good.len() - 1] {
        fs::write(&path, &good[..len]).unwrap();
        assert!(store.unlock(PASSPHRASE).is_err(), "{len} bytes");
    }
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let store = Fixture::new();
    for mode in [0o640, 0o604, 0o660, 0o777] {
        fs::set_permissions(store.path(), fs::Permissions::from_mode(mode)).unwrap();
        let refused = store.unlock(PASSPHRASE);
        assert!(matches!(refused, Err(KeyStoreError::Exposed { .. })), "{mode:o}");
    }
}

#[test]
fn files_and_folder_are_their_owners_alone() {
    let store = Fixture::new();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&store.path()), 0o600);
    assert_eq!(mode(store.path().parent().unwrap()), 0o700);
}

#[test]
fn names_that_leave_the_folder_are_refused() {
    let store = Fixture::new();
    for name in ["", ".", "..", "../alice", "a/b", "Alice", "a.b", "a\0b", &"a".repeat(65)] {
        let refused = store.store.unlock(name, &SecretBytes::new(PASSPHRASE.to_vec()));
        assert!(matches!(refused, Err(KeyStoreError::Name(_))), "{name:?}");
    }
}

#[test]
fn a_profile_is_never_overwritten_and_a_missing_one_is_named() {
    let store = Fixture::new();
    let passphrase = SecretBytes::new(PASSPHRASE.to_vec());
    let again = store.store.create(NAME, &passphrase, &profile());
    assert!(matches!(again, Err(KeyStoreError::Exists(_))));
    let missing = store.store.unlock("bob", &passphrase);
    assert!(matches!(missing, Err(KeyStoreError::NotFound(_))));
}

#[test]
fn a_short_passphrase_is_refused_at_creation() {
    let folder = TempDir::new().unwrap();
    let store = KeyStore::new(folder.path().join("keys"));
    let created = store.create(NAME, &SecretBytes::new(b"seven77".to_vec()), &profile());
    assert!(matches!(created, Err(KeyStoreError::PassphraseTooShort)));
    assert_eq!(store.list().unwrap(), Vec::<String>::new());
}

#[test]
fn a_profile_comes_back_as_it_was_saved() {
    let store = Fixture::new();
    let (unlocked, mut profile) = store.unlock(PASSPHRASE).unwrap();
    let body = intent::Body::CertificateRevoke {
        certificate: profile.identity.key().public_key().fingerprint(),
        reason: intent::RevocationReason::KeyCompromise,
    };
    let stand_in = profile.trust.root.fingerprint();
    profile.identity.sign_under(stand_in, &profile.trust.bank, body, None).unwrap();
    profile.session = Some(Standing {
        session: Uuid::from_bytes([5; 16]),
        key: SecretBytes::new(vec![6; 32]),
        token: "a.b.c".to_owned(),
        refresh_token: "r".to_owned(),
        expires_at_s: -1,
    });
    unlocked.save(&profile).unwrap();
    drop(unlocked);
    assert!(store.path().with_extension("chain").exists());

    let (_unlocked, back) = store.unlock(PASSPHRASE).unwrap();
    assert_eq!(back.identity.chain(), profile.identity.chain());
    assert_eq!(back.identity.chain().seq, 1);
    assert_eq!(back.identity.key().public_key(), profile.identity.key().public_key());
    assert_eq!(
        back.identity.kem().public_key().as_bytes(),
        profile.identity.kem().public_key().as_bytes()
    );
    assert_eq!(back.identity.device().id(), profile.identity.device().id());
    assert_eq!(back.identity.user(), profile.identity.user());
    assert_eq!(back.server, profile.server);
    assert!(back.trust.is_same_bank(&profile.trust));
    let session = back.session.unwrap();
    assert_eq!(session.key.expose(), [6; 32]);
    assert_eq!((session.token.as_str(), session.expires_at_s), ("a.b.c", -1));
    assert_eq!(store.store.list().unwrap(), [NAME]);
}

#[test]
fn a_position_is_not_handed_out_again_though_the_profile_was_never_saved() {
    let store = Fixture::new();
    let sign = |profile: &Profile| {
        let body = intent::Body::CertificateRevoke {
            certificate: profile.trust.root.fingerprint(),
            reason: intent::RevocationReason::KeyCompromise,
        };
        let stand_in = profile.trust.root.fingerprint();
        let signed = profile.identity.sign_under(stand_in, &profile.trust.bank, body, None);
        signed.unwrap().parse_intent().unwrap()
    };
    for seq in 1..=3 {
        let (_unlocked, profile) = store.unlock(PASSPHRASE).unwrap();
        assert_eq!(sign(&profile).seq(), seq);
    }
}

#[test]
fn what_a_crash_left_beside_the_file_does_not_matter() {
    let store = Fixture::new();
    let mut beside = store.path().into_os_string();
    beside.push(".new");
    fs::write(&beside, b"half a file").unwrap();
    let (unlocked, profile) = store.unlock(PASSPHRASE).unwrap();
    unlocked.save(&profile).unwrap();
    assert!(!Path::new(&beside).exists());
    drop(unlocked);
    assert!(store.unlock(PASSPHRASE).is_ok());
}

const PASSPHRASE: &[u8] = b"correct horse";

struct Fixture {
    _folder: TempDir,
    store: KeyStore,
}

impl Fixture {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let store = KeyStore::new(folder.path().join("keys"));
        store.create(NAME, &SecretBytes::new(PASSPHRASE.to_vec()), &profile()).unwrap();
        Self { _folder: folder, store }
    }

    fn path(&self) -> PathBuf {
        self.store.path(NAME).unwrap()
    }

    fn unlock(&self, passphrase: &[u8]) -> Result<(Unlocked, Profile), KeyStoreError> {
        self.store.unlock(NAME, &SecretBytes::new(passphrase.to_vec()))
    }
}

fn profile() -> Profile {
    let suite = Suite::Compact;
    let root_key = SigningKey::generate(suite).unwrap();
    let validity = Validity { not_before_s: 1_700_000_000, not_after_s: 1_800_000_000 };
    let root = authority::create_root(&root_key, "Root", [1; 16], validity).unwrap();
    let origin = Origin::new("bank.example/log").unwrap();
    let log_key = SigningKey::generate(suite).unwrap().public_key().clone();
    let trust = Trust {
        bank: "examplebank".parse().unwrap(),
        suite,
        origin: "https://bank.example".to_owned(),
        root,
        verifier: CheckpointVerifier::new(origin, "examplebank", None, None, log_key).unwrap(),
        kem: KemSecretKey::generate(suite).unwrap().public_key().clone(),
    };
    let user = UserName {
        id: UserId::new(Uuid::from_bytes([7; 16])),
        role: Role::Customer,
        name: "Alice".to_owned(),
    };
    let identity = Identity::generate(suite, user, Device::generate().unwrap()).unwrap();
    assert_eq!(identity.chain(), KeyChain::START);
    let server = "https://bank.example".to_owned();
    Profile { server, tls_roots: None, trust, identity: Arc::new(identity), session: None }
}
