//! How the bank says no to enrolments, sign-ins, certificates, people, devices, recoveries, roles and its own authority.

use client::{Session, UserName, Wish};
use crypto::{SecretBytes, SigningKey, Suite, random, sha3_256};
use e2e::{Answer, Bank, Forger, Holder, ORIGIN, Request, Successor, authority_key};
use intent::{Body, IntentId, IpRuleAction, ReportSubject, RevocationReason, Role, UserId};
use pki::build_csr;
use serde_json::{Value, json};
use server::authority::{KeyFile, KeyPurpose, succession};
use server::corridor::Refusal;
use uuid::Uuid;

use super::{Provoked, b64, copy_of_keys, envelope, seal, submit, transfer};

/// A registration and everything an enrolment sends, each part to be spoilt.
struct Enrolment {
    holder: Holder,
    token: Vec<u8>,
    kem_public_key: Vec<u8>,
    sealed: Option<Vec<u8>>,
}

impl Enrolment {
    async fn begin(bank: &Bank, name: &str) -> Self {
        let email = format!("{}@people.example", Uuid::now_v7());
        let registration = bank.client().register(name, &email).await.unwrap();
        let user = UserName { id: registration.user, role: Role::Customer, name: name.to_owned() };
        let holder = Holder::generate(Suite::Standard, user);
        let kem_public_key = holder.kem().public_key().as_bytes().to_vec();
        Self { holder, token: registration.token.expose().to_vec(), kem_public_key, sealed: None }
    }

    async fn send(&self, bank: &Bank) -> Answer {
        bank.send(Request::post_json("/api/users/enrol", &self.document(bank))).await
    }

    fn document(&self, bank: &Bank) -> Value {
        let (holder, token) = (&self.holder, SecretBytes::new(self.token.clone()));
        let csr = build_csr(holder.key(), &holder.user().name).unwrap();
        let draft = intent::IntentDraft {
            bank: bank.trust().bank.clone(),
            certificate: sha3_256(&csr),
            device: holder.device().id(),
            authority: holder.user().role,
            at: server::clock::now(),
            seq: 1,
            prev: crypto::Sha3::from_bytes([0; 32]),
            id: IntentId::new(Uuid::now_v7()).unwrap(),
            body: Body::UserEnrol {
                user: holder.user().id,
                csr,
                device: holder.device().id(),
                device_key_commitment: holder.device().key_commitment(),
                kem_public_key: self.kem_public_key.clone(),
                registration: sha3_256(token.expose()),
            },
        };
        let signed = Forger::new(holder).sign(draft);
        let sealed =
            self.sealed.clone().unwrap_or_else(|| seal(&bank.trust().kem, holder, &signed));
        json!({
            "signed": envelope(&signed),
            "registration_token": b64(&self.token),
            "sealed_device_key": b64(&sealed),
        })
    }
}

/// A rotation of `of`'s key to `successor`'s, as it is sent.
fn rotation(bank: &Bank, of: &Session, successor: &Holder, csr: Vec<u8>) -> Value {
    let signed = Forger::of(of).next(Body::KeyRotate {
        csr,
        device: successor.device().id(),
        device_key_commitment: successor.device().key_commitment(),
        kem_public_key: successor.kem().public_key().as_bytes().to_vec(),
    });
    let sealed = b64(&seal(&bank.trust().kem, successor, &signed));
    json!({"signed": envelope(&signed), "sealed_device_key": sealed})
}

/// What a device keeps until it has its certificate is enough to get it, however the answer was lost.
#[tokio::test(flavor = "multi_thread")]
async fn who_lost_an_answer_gets_the_certificate_for_the_very_document() {
    let bank = Bank::start().await;
    let collect = async |document: &Value| {
        let body = json!({"signed": document["signed"]});
        bank.send(Request::post_json("/api/certificates/collect", &body)).await
    };
    let alice = Enrolment::begin(&bank, "Alice").await;
    let enrolment = alice.document(&bank);
    assert_eq!(collect(&enrolment).await.status, 404, "it has not arrived");
    let enrol = async || bank.send(Request::post_json("/api/users/enrol", &enrolment)).await;
    let first = enrol().await.ok().json();
    assert!(first["certificate"].as_str().unwrap().contains("BEGIN CERTIFICATE"));
    let again = enrol().await.ok();
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.json(), first);
    assert_eq!(collect(&enrolment).await.ok().json(), first);

    let bob = bank.customer("Bob", 0).await;
    let successor = Holder::generate(Suite::Standard, bob.identity().user().clone());
    let csr = build_csr(successor.key(), "Bob").unwrap();
    let rotated = rotation(&bank, &bob, &successor, csr);
    let rotate = Request::post_json("/api/quantum/keys/rotate", &rotated);
    let first = bank.send_as(&bob, rotate).await.ok().json();
    let rotate = Request::post_json("/api/quantum/keys/rotate", &rotated);
    assert_eq!(bank.send(rotate.proved_by(&bob).await).await.status, 401, "the old key is over");
    assert_eq!(collect(&rotated).await.ok().json(), first);

    // The document without its very signature opens nothing.
    let mut forged = rotated;
    forged["signed"]["signature"] = enrolment["signed"]["signature"].clone();
    assert_eq!(collect(&forged).await.status, 404);
    let login = Forger::of(&bob).next(transfer(bob.account, bob.account, 1));
    assert_eq!(collect(&json!({"signed": envelope(&login)})).await.status, 400);
    bank.assert_verifies().await;
}

pub(crate) async fn enrolment_refusals(bank: &Bank, provoked: &mut Provoked) {
    let alice = bank.customer("Alice", 0).await;
    let begin = async |name: &str| Enrolment::begin(bank, name).await;
    let mut unknown = begin("Unknown").await;
    unknown.token = vec![7; 32];
    provoked.recorded(bank, &unknown.send(bank).await, Refusal::RegistrationUnknown);

    let late = begin("Late").await;
    let user = late.holder.user().id;
    bank.execute(&format!(
        "UPDATE users SET registration_expires_at = now() - interval '1 second' WHERE user_id = '{user}'"
    ))
    .await;
    provoked.recorded(bank, &late.send(bank).await, Refusal::RegistrationExpired);

    let mut thief = begin("Thief").await;
    let user = thief.holder.user().clone();
    thief.holder = Holder::generate_on(alice.holder.device_secret(), Suite::Standard, user.clone());
    provoked.recorded(bank, &thief.send(bank).await, Refusal::DeviceAlreadyEnrolled);
    thief.holder = copy_of_keys(&alice.holder, user);
    provoked.recorded(bank, &thief.send(bank).await, Refusal::ComponentReused);

    let mut spoilt = begin("Spoilt").await;
    spoilt.sealed = Some(vec![1; 64]);
    provoked.recorded(bank, &spoilt.send(bank).await, Refusal::DeviceKeyInvalid);
    spoilt.sealed = None;
    spoilt.kem_public_key.truncate(100);
    provoked.recorded(bank, &spoilt.send(bank).await, Refusal::KemKeyInvalid);
    spoilt.kem_public_key = spoilt.holder.kem().public_key().as_bytes().to_vec();
    // None of the refusals used the token up; the success does.
    assert_eq!(spoilt.send(bank).await.status, 200);
    provoked.recorded(bank, &spoilt.send(bank).await, Refusal::RegistrationUnknown);
}

pub(crate) async fn login_refusals(bank: &Bank, provoked: &mut Provoked) {
    let alice = bank.customer("Alice", 0).await;
    let bob = bank.customer("Bob", 0).await;
    let login = Login::to(bank);
    let unknown = random::<32>().unwrap();
    provoked.recorded(bank, &login.answer(&alice.holder, unknown).await, Refusal::ChallengeUnknown);

    let nonce = login.challenge(&bob.holder).await;
    provoked.recorded(bank, &login.answer(&alice.holder, nonce).await, Refusal::ChallengeUnknown);
    let elsewhere = Login { origin: "https://bank.example.org", ..login };
    let nonce = login.challenge(&alice.holder).await;
    let answer = elsewhere.answer(&alice.holder, nonce).await;
    provoked.recorded(bank, &answer, Refusal::ChallengeUnknown);

    let nonce = login.challenge(&alice.holder).await;
    let other_device = Login { device_of: Some(&bob.holder), ..login };
    let answer = other_device.answer(&alice.holder, nonce).await;
    provoked.recorded(bank, &answer, Refusal::DeviceProofInvalid);
    let bad_kem = Login { kem_len: 10, ..login };
    provoked.recorded(bank, &bad_kem.answer(&alice.holder, nonce).await, Refusal::KemKeyInvalid);
    assert_eq!(login.answer(&alice.holder, nonce).await.status, 200, "refusals leave it open");
    provoked.recorded(bank, &login.answer(&alice.holder, nonce).await, Refusal::ChallengeRedeemed);

    let nonce = login.challenge(&alice.holder).await;
    bank.execute("UPDATE challenges SET expires_at = now() - interval '1 second'").await;
    provoked.recorded(bank, &login.answer(&alice.holder, nonce).await, Refusal::ChallengeExpired);
}

pub(crate) async fn certificate_refusals(bank: &Bank, provoked: &mut Provoked) {
    let alice = bank.customer("Alice", 0).await;
    let bob = bank.customer("Bob", 0).await;
    let reason = RevocationReason::Unspecified;
    let revoke = |certificate| Body::CertificateRevoke { certificate, reason };
    let of_bob = bob.identity().certificate_hash().unwrap();
    let unknown = revoke(crypto::Sha3::from_bytes([9; 32]));
    provoked.recorded(bank, &submit(bank, &alice, unknown).await, Refusal::CertificateNotFound);
    let others = submit(bank, &alice, revoke(of_bob)).await;
    provoked.recorded(bank, &others, Refusal::CertificateNotFound);
    let manager = bank.manager().await;
    manager.revoke(of_bob, reason).await.unwrap();
    let again = bank.submit(manager, &Forger::of(manager).next(revoke(of_bob))).await;
    provoked.recorded(bank, &again, Refusal::CertificateAlreadyEnded);

    let rotate = async |csr: Vec<u8>| {
        let successor = Holder::generate(Suite::Standard, alice.identity().user().clone());
        let body = rotation(bank, &alice, &successor, csr);
        bank.send_as(&alice, Request::post_json("/api/quantum/keys/rotate", &body)).await
    };
    let garbage = rotate(vec![0x30, 0x03, 0x02, 0x01, 0x05]).await;
    provoked.recorded(bank, &garbage, Refusal::CertificateRequestInvalid);
    let other_suite = SigningKey::generate(Suite::Compact).unwrap();
    let other_suite = rotate(build_csr(&other_suite, "Alice").unwrap()).await;
    provoked.recorded(bank, &other_suite, Refusal::CertificateRequestInvalid);
    let own_key = rotate(build_csr(alice.identity().key(), "Alice").unwrap()).await;
    provoked.recorded(bank, &own_key, Refusal::ComponentReused);
    alice.verify().await.unwrap();
}

pub(crate) async fn people_refusals(bank: &Bank, provoked: &mut Provoked) {
    let (admin, manager) = (bank.admin().await, bank.manager().await);
    let sign = |session: &Session, wish: Wish| {
        let forger = Forger::of(session);
        forger.sign_with(forger.draft(wish.body), wish.details)
    };
    let invite = |user, role, name: &str, email: &str, token: u8| {
        Wish::invite(user, role, (name, email), sha3_256(&[token; 32])).unwrap()
    };
    let user = UserId::new(Uuid::now_v7());
    let good = invite(user, Role::Manager, "Nora", "nora@bank.example", 1);
    assert_eq!(bank.submit(admin, &sign(admin, good)).await.status, 200);
    let other = || UserId::new(Uuid::now_v7());
    let mut silent = invite(other(), Role::Customer, "Eve", "eve@example.org", 3);
    silent.details = None;
    for (wish, expected) in [
        (invite(other(), Role::Customer, "Eve", "eve@example.org", 1), Refusal::RegistrationExists),
        (invite(other(), Role::Customer, "Eve", "nora@bank.example", 2), Refusal::PersonExists),
        (invite(user, Role::Customer, "Eve", "eve@example.org", 2), Refusal::PersonExists),
        (invite(other(), Role::Customer, "Eve", "nowhere", 2), Refusal::PersonInvalid),
        (invite(other(), Role::Customer, "Eve", "Eve@example.org", 2), Refusal::PersonInvalid),
        (silent, Refusal::PersonInvalid),
        (Wish::approve_invitation(user), Refusal::ApprovalByMaker),
    ] {
        provoked.recorded(bank, &bank.submit(admin, &sign(admin, wish)).await, expected);
    }
    let mut begun = Enrolment::begin(bank, "Nora").await;
    let nora = UserName { id: user, role: Role::Manager, name: "Nora".to_owned() };
    begun.holder = Holder::generate(Suite::Standard, nora);
    begun.token = vec![1; 32];
    provoked.recorded(bank, &begun.send(bank).await, Refusal::InvitationNotApproved);
    let approve = |user| sign(manager, Wish::approve_invitation(user));
    let nobody = bank.submit(manager, &approve(other())).await;
    provoked.recorded(bank, &nobody, Refusal::InvitationNotFound);
    let late = "UPDATE registrations SET expires_at = now() - interval '1 second'";
    bank.execute(late).await;
    provoked.recorded(
        bank,
        &bank.submit(manager, &approve(user)).await,
        Refusal::RegistrationExpired,
    );
}

pub(crate) async fn device_refusals(bank: &Bank, provoked: &mut Provoked) {
    let alice = bank.customer("Alice", 0).await;
    let ask = async || {
        let new = Holder::generate(Suite::Standard, alice.holder.user().clone());
        let asked = bank.client().pair(&new, "tablet").await.unwrap();
        (new, asked)
    };
    let approve = |asked: &client::NewDevice| Wish::approve_device(&asked.pairing).body;
    let (tablet, asked) = ask().await;
    let bob = bank.customer("Bob", 0).await;
    provoked.recorded(bank, &submit(bank, &bob, approve(&asked)).await, Refusal::PairingUnknown);
    assert_eq!(submit(bank, &alice, approve(&asked)).await.status, 200);
    provoked.recorded(bank, &submit(bank, &alice, approve(&asked)).await, Refusal::PairingUsed);
    let mut begun = Enrolment::begin(bank, "Alice").await;
    begun.holder = tablet;
    begun.kem_public_key = begun.holder.kem().public_key().as_bytes().to_vec();
    begun.token = asked.token.expose().to_vec();
    provoked.recorded(bank, &begun.send(bank).await, Refusal::RegistrationForAnother);
    let (_, asked) = ask().await;
    bank.execute("UPDATE pairings SET expires_at = now() - interval '1 second'").await;
    provoked.recorded(bank, &submit(bank, &alice, approve(&asked)).await, Refusal::PairingExpired);

    let reason = RevocationReason::Cessation;
    let revoke =
        |session: &Session| Wish::revoke_device(session.identity().device().id(), reason).body;
    provoked.recorded(bank, &submit(bank, &alice, revoke(&bob)).await, Refusal::DeviceNotFound);
    let (manager, admin) = (bank.manager().await, bank.admin().await);
    let first = bank.submit(manager, &Forger::of(manager).next(revoke(&bob))).await;
    assert_eq!(first.status, 200, "{}", first.text());
    let again = bank.submit(manager, &Forger::of(manager).next(revoke(&bob))).await;
    provoked.recorded(bank, &again, Refusal::DeviceAlreadyEnded);
    let last = bank.submit(admin, &Forger::of(admin).next(revoke(admin))).await;
    provoked.recorded(bank, &last, Refusal::LastAdministrator);
}

pub(crate) async fn recovery_refusals(bank: &Bank, provoked: &mut Provoked) {
    let alice = bank.customer("Alice", 50_000).await;
    let bob = bank.customer("Bob", 0).await;
    let manager = bank.manager().await;
    let user = alice.identity().user().id;
    let recover = |registration| {
        let body = Wish::recover(user, registration, "lost".to_owned()).body;
        Forger::of(manager).next(body)
    };
    let unasked = bank.submit(manager, &recover(sha3_256(b"unasked"))).await;
    provoked.recorded(bank, &unasked, Refusal::RecoveryNotRequested);
    let sql = format!("SELECT email FROM users WHERE user_id = '{user}'");
    let email: String = sqlx::Row::get(&bank.rows(&sql).await[0], 0);
    let asked = bank.client().request_recovery(&email, None).await.unwrap();
    let granted = bank.submit(manager, &recover(sha3_256(asked.token.expose()))).await;
    assert_eq!(granted.status, 200, "{}", granted.text());
    let fresh = Holder::generate(Suite::Standard, alice.holder.user().clone());
    bank.client().enrol(&fresh, &asked.token).await.unwrap();
    let session = bank.login(&fresh).await;
    let much = Forger::of(&session).next(transfer(alice.account, bob.account, 20_001));
    provoked.recorded(bank, &bank.submit(&session, &much).await, Refusal::RecoveryLimit);
}

pub(crate) async fn role_refusals(bank: &Bank, provoked: &mut Provoked) {
    let (admin, manager) = (bank.admin().await, bank.manager().await);
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let define = async |name: &str, base: Role, permissions: &[&str]| {
        let wish = Wish::define_role(name.to_owned(), base, names(permissions), true);
        bank.submit(admin, &Forger::of(admin).next(wish.body)).await
    };
    let grant = async |user: UserId, name: &str, granted: bool| {
        let wish = Wish::grant_role(user, name.to_owned(), granted);
        bank.submit(admin, &Forger::of(admin).next(wish.body)).await
    };
    let (of_admin, of_manager) = (admin.identity().user().id, manager.identity().user().id);
    for beyond in [["transfers:submit"], ["accounts:everything"]] {
        let answer = define("teller", Role::Manager, &beyond).await;
        provoked.recorded(bank, &answer, Refusal::PermissionsBeyondBase);
    }
    let both = define("teller", Role::Manager, &["accounts:freeze", "accounts:fund"]).await;
    provoked.recorded(bank, &both, Refusal::ConflictingDuties);
    let unknown = grant(of_manager, "teller", true).await;
    provoked.recorded(bank, &unknown, Refusal::RoleNotFound);
    for (name, base, permission) in [
        ("funder", Role::Manager, "accounts:fund"),
        ("freezer", Role::Manager, "accounts:freeze"),
        ("guard", Role::SystemAdmin, "users:lock"),
    ] {
        assert_eq!(define(name, base, &[permission]).await.status, 200);
    }
    let other_base = define("funder", Role::Customer, &[]).await;
    provoked.recorded(bank, &other_base, Refusal::RoleBaseMismatch);
    let other_role = grant(of_manager, "guard", true).await;
    provoked.recorded(bank, &other_role, Refusal::RoleBaseMismatch);
    let oneself = grant(of_admin, "guard", true).await;
    provoked.recorded(bank, &oneself, Refusal::OwnAuthority);
    let nobody = grant(UserId::new(Uuid::now_v7()), "guard", true).await;
    provoked.recorded(bank, &nobody, Refusal::UserNotFound);
    let not_held = grant(of_manager, "funder", false).await;
    provoked.recorded(bank, &not_held, Refusal::RoleNotFound);
    assert_eq!(grant(of_manager, "funder", true).await.status, 200);
    let union = grant(of_manager, "freezer", true).await;
    provoked.recorded(bank, &union, Refusal::ConflictingDuties);
    // Nor by the back door of a later definition.
    assert_eq!(define("freezer", Role::Manager, &["accounts:read"]).await.status, 200);
    assert_eq!(grant(of_manager, "freezer", true).await.status, 200);
    let later = define("freezer", Role::Manager, &["accounts:freeze"]).await;
    provoked.recorded(bank, &later, Refusal::ConflictingDuties);
    let deny = IpRuleAction::Deny;
    for (subject, network, action, refusal) in [
        ("role:nobody", "192.0.2.0/24", deny, Refusal::IpRuleInvalid),
        ("role:customer", "192.0.2.1", deny, Refusal::IpRuleInvalid),
        ("role:system_admin", "127.0.0.0/8", deny, Refusal::IpRuleLocksOut),
        ("role:system_admin", "192.0.2.0/24", IpRuleAction::Allow, Refusal::IpRuleLocksOut),
    ] {
        let wish =
            Wish::set_ip_rule(Uuid::now_v7(), subject.to_owned(), network.to_owned(), action);
        let answer = bank.submit(admin, &Forger::of(admin).next(wish.body)).await;
        provoked.recorded(bank, &answer, refusal);
    }
    let elsewhere = "ftp://erp.example".to_owned();
    let wish = Wish::set_webhook(Uuid::now_v7(), elsewhere, vec![], true, false);
    let answer = bank.submit(admin, &Forger::of(admin).next(wish.body)).await;
    provoked.recorded(bank, &answer, Refusal::WebhookInvalid);
    let auditor = bank.auditor().await;
    let nobody = Wish::audit_report(ReportSubject::User, "somebody".to_owned(), None, None).body;
    let formless = bank.submit(auditor, &Forger::of(auditor).next(nobody)).await;
    provoked.recorded(bank, &formless, Refusal::ReportSubjectInvalid);
    for name in ["funder", "freezer"] {
        assert_eq!(grant(of_manager, name, false).await.status, 200);
    }
}

pub(crate) async fn authority_refusals(
    bank: &Bank,
    successor: &Successor,
    provoked: &mut Provoked,
) {
    let (admin, old) = (bank.admin().await, bank.app().authority.issuing());
    let submit = async |session: &Session, wish: Wish| {
        bank.submit(session, &Forger::of(session).next(wish.body)).await
    };
    let present = Wish::rotate_authority(old.der().to_vec(), old.der().to_vec(), 1);
    provoked.recorded(bank, &submit(admin, present).await, Refusal::AuthorityKnown);
    let garbage = Wish::rotate_authority(vec![1], vec![1], 1);
    provoked.recorded(bank, &submit(admin, garbage).await, Refusal::AuthorityInvalid);

    // Certified as it must be, but the key is nowhere near this server.
    let (now, name) = (server::clock::now(), old.common_name().unwrap());
    let request = build_csr(&SigningKey::generate(Suite::Standard).unwrap(), &name).unwrap();
    let request = pki::Csr::from_der(&request).unwrap().verify().unwrap();
    let root_key = authority_key(bank, KeyFile::ROOT_KEY, KeyPurpose::Root);
    let old_key = authority_key(bank, KeyFile::BANK_KEYS, KeyPurpose::Issuing);
    let (root, now_s) = (bank.app().authority.root(), now.get() / 1_000_000);
    let elsewhere = Successor {
        certificate: succession::certify(root, &root_key, &request, now).unwrap(),
        cross: pki::authority::cross_certify(&old, &old_key, &request, [0x44; 16], now_s).unwrap(),
        request: request.der().to_vec(),
    };
    provoked.recorded(bank, &submit(admin, elsewhere.wish(1)).await, Refusal::AuthorityKeyMissing);

    assert_eq!(submit(admin, successor.wish(1)).await.status, 200);
    provoked.recorded(bank, &submit(admin, successor.wish(1)).await, Refusal::ApprovalByMaker);
    let second = bank.second_admin().await;
    provoked.recorded(bank, &submit(&second, successor.wish(2)).await, Refusal::AuthorityDiffers);
}

/// A login, part by part.
#[derive(Clone, Copy)]
struct Login<'a> {
    bank: &'a Bank,
    origin: &'a str,
    device_of: Option<&'a Holder>,
    kem_len: usize,
}

impl<'a> Login<'a> {
    fn to(bank: &'a Bank) -> Self {
        Self { bank, origin: ORIGIN, device_of: None, kem_len: usize::MAX }
    }

    async fn challenge(&self, holder: &Holder) -> [u8; 32] {
        let body = json!({
            "certificate": holder.certificate_hash().unwrap().to_string(),
            "device_id": holder.device().id().to_string(),
        });
        let request = Request::post_json("/api/auth/certificate-challenge", &body);
        let answer = self.bank.send(request).await.ok().json();
        hex::decode(answer["nonce"].as_str().unwrap()).unwrap().try_into().unwrap()
    }

    async fn answer(&self, holder: &Holder, challenge: [u8; 32]) -> Answer {
        let mut kem_public_key = holder.kem().public_key().as_bytes().to_vec();
        kem_public_key.truncate(self.kem_len);
        let origin = self.origin.to_owned();
        let signed =
            Forger::new(holder).next(Body::SessionLogin { challenge, origin, kem_public_key });
        let proof = self.device_of.unwrap_or(holder).device().proof(&signed.intent);
        let body = json!({"signed": envelope(&signed), "device_proof": b64(&proof)});
        self.bank.send(Request::post_json("/api/auth/certificate-login", &body)).await
    }
}
