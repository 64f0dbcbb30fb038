//! Devices: paired by signed approval, revoked, lost altogether and recovered; and people who are invited.

use std::sync::Arc;

use client::{ClientError, NewDevice, Session, Wish};
use crypto::{Sha3, Suite};
use e2e::{Bank, Customer, Forger, Holder, Request, eur, eventually};
use intent::{Body, DeviceId, Pairing, RevocationReason, Role, UserId};
use serde_json::json;
use uuid::Uuid;

const LOST: RevocationReason = RevocationReason::KeyCompromise;

/// A new device of a person, not enrolled, with its pairing.
async fn begin(bank: &Bank, of: &Holder, name: &str) -> (Holder, NewDevice) {
    let new = Holder::generate(Suite::Standard, of.user().clone());
    let asked = bank.client().pair(&new, name).await.unwrap();
    (new, asked)
}

/// A second device of a customer, by all the steps that a person would take.
async fn paired(bank: &Bank, of: &Customer) -> Holder {
    let (new, asked) = begin(bank, &of.holder, "tablet").await;
    let seen = of.pairing(asked.pairing.id).await.unwrap();
    assert_eq!(seen.number(), asked.pairing.number());
    of.approve_device(&seen).await.unwrap();
    bank.client().enrol_paired(&new, &asked).await.unwrap();
    new
}

fn code<T>(outcome: Result<T, ClientError>) -> String {
    match outcome.err().expect("a refusal") {
        ClientError::Refused { problem, .. } | ClientError::Problem(problem) => problem.code,
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_device_is_paired_by_the_first_and_both_work_side_by_side() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 0).await;
    let (tablet, asked) = begin(&bank, &alice.holder, "tablet").await;
    assert_eq!(bank.client().pairing_status(&asked).await.unwrap(), "waiting");
    assert_eq!(code(bank.client().enrol_paired(&tablet, &asked).await), "registration-unknown");

    // What the first device is told is, to the byte, what the second one shows.
    let shown: Pairing = asked.pairing.to_string().parse().unwrap();
    let told = alice.pairing(shown.id).await.unwrap();
    assert_eq!((&told, told.number()), (&shown, asked.pairing.number()));
    alice.approve_device(&told).await.unwrap();
    assert_eq!(bank.client().pairing_status(&asked).await.unwrap(), "approved");
    bank.client().enrol_paired(&tablet, &asked).await.unwrap();

    let second = bank.login(&tablet).await;
    second.transfer(alice.account, bob.account, eur(100), None).await.unwrap();
    alice.transfer(alice.account, bob.account, eur(100), None).await.unwrap();
    assert_eq!(bank.balance(bob.account).await, 200);
    let lineages = bank.count("SELECT count(DISTINCT lineage) FROM certificates c JOIN users u USING (user_id) WHERE u.name = 'Alice'").await;
    assert_eq!(lineages, 2, "a lineage of its own");

    let device = tablet.device().id();
    assert_eq!(second.devices().await.unwrap()[0].name.as_deref(), Some("tablet"));
    second.name_device(device, "kitchen").await.unwrap();
    let listed = alice.devices().await.unwrap();
    let names: Vec<_> = listed.iter().map(|device| device.name.as_deref()).collect();
    assert_eq!(names, [Some("kitchen"), None]);
    assert!(listed[1].is_this_one && !listed[0].is_this_one);
    assert!(listed.iter().all(|device| device.last_used_at.is_some() && device.status == "active"));
    assert_eq!(code(bob.name_device(device, "mine").await), "not-found");
    assert_eq!(code(second.name_device(device, "evil\u{202e}").await), "malformed-request");
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swapped_request_shows_another_number_and_an_approval_serves_nobody_else() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let (tablet, asked) = begin(&bank, &alice.holder, "tablet").await;
    // Who stands between the tablet and the bank asks for their own keys instead, under Alice's name.
    let (thief, theirs) = begin(&bank, &alice.holder, "tablet").await;
    let told = alice.pairing(theirs.pairing.id).await.unwrap();
    assert_ne!(told.number(), asked.pairing.number(), "the person compares these");
    assert_ne!(told, asked.pairing);

    // Approved is the tablet's request: neither other keys nor another device can use its token.
    alice.approve_device(&asked.pairing).await.unwrap();
    let stolen = |token: &NewDevice, csr: &NewDevice| NewDevice {
        pairing: token.pairing.clone(),
        csr: csr.csr.clone(),
        token: token.token.duplicate(),
        expires_at: String::new(),
    };
    let other = "registration-for-another-device";
    assert_eq!(code(bank.client().enrol_paired(&thief, &stolen(&asked, &theirs)).await), other);
    let moved =
        Holder::generate(Suite::Standard, alice.holder.user().clone()).with_keys_of(&tablet);
    assert_eq!(code(bank.client().enrol_paired(&moved, &stolen(&asked, &asked)).await), other);
    // The thief's own request was never approved.
    assert_eq!(code(bank.client().enrol_paired(&thief, &theirs).await), "registration-unknown");
    // An approval in which one part was swapped is none: the bank was asked for something else.
    let mixed = Pairing { csr_sha3: theirs.pairing.csr_sha3, ..asked.pairing.clone() };
    assert_eq!(code(alice.approve_device(&mixed).await), "pairing-unknown");

    bank.client().enrol_paired(&tablet, &asked).await.unwrap();
    let again = Holder::generate(Suite::Standard, alice.holder.user().clone());
    assert_eq!(code(bank.client().enrol(&again, &asked.token).await), "registration-unknown");
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_approves_a_device_nor_twice_nor_late() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let mallory = bank.customer("Mallory", 0).await;
    let (tablet, asked) = begin(&bank, &alice.holder, "tablet").await;
    for session in [&mallory.session, bank.manager().await, bank.admin().await] {
        assert_eq!(code(session.pairing(asked.pairing.id).await), "not-found");
        assert_eq!(code(session.approve_device(&asked.pairing).await), "pairing-unknown");
    }
    bank.execute("UPDATE pairings SET expires_at = now() - interval '1 second'").await;
    assert_eq!(bank.client().pairing_status(&asked).await.unwrap(), "expired");
    assert_eq!(code(alice.approve_device(&asked.pairing).await), "pairing-expired");
    assert_eq!(code(bank.client().enrol_paired(&tablet, &asked).await), "registration-unknown");

    let (tablet, asked) = begin(&bank, &alice.holder, "tablet").await;
    alice.approve_device(&asked.pairing).await.unwrap();
    assert_eq!(code(alice.approve_device(&asked.pairing).await), "pairing-used");
    // Who approved and was turned out before the device came has approved nothing.
    alice.revoke_device(alice.identity().device().id(), LOST).await.unwrap();
    assert_eq!(code(bank.client().enrol_paired(&tablet, &asked).await), "registration-unknown");
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_wants_a_certain_number_has_few_tries() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    for _ in 0..5 {
        begin(&bank, &alice.holder, "tablet").await;
    }
    let new = Holder::generate(Suite::Standard, alice.holder.user().clone());
    assert_eq!(code(bank.client().pair(&new, "tablet").await), "rate-limited");
    let wrong = NewDevice {
        token: crypto::SecretBytes::new(vec![1; 32]),
        ..begin(&bank, &bank.enrol("Bob").await, "tablet").await.1
    };
    assert_eq!(code(bank.client().pairing_status(&wrong).await), "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_device_is_out_at_every_instance_with_its_certificate_and_sessions() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let tablet = paired(&bank, &alice).await;
    let another = bank.start_another().await;
    let there = bank.client_of(&another).login(tablet.identity.clone()).await.unwrap();
    let here = bank.login(&tablet).await;
    there.verify().await.unwrap();
    here.verify().await.unwrap();

    let settled = alice.revoke_device(tablet.device().id(), LOST).await.unwrap();
    assert_eq!(settled.receipt.code, "ok");
    // The very next request, here and there: nothing is waited for.
    assert!(here.verify().await.is_err() && there.verify().await.is_err());
    assert!(bank.client().login(tablet.identity.clone()).await.is_err());
    assert_eq!(code(alice.revoke_device(tablet.device().id(), LOST).await), "device-already-ended");
    let certificate = tablet.certificate_hash().unwrap();
    let path = format!("/api/certificates/status?certificate={certificate}");
    let status = bank.get_as(&alice, &path).await.ok().json();
    assert_eq!((&status["state"], &status["listed"]), (&json!("revoked"), &json!(true)));
    alice.verify().await.unwrap();
    another.shutdown().await.unwrap();
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_are_revoked_by_those_who_may_and_never_the_last_of_the_last_administrator() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let bob = bank.customer("Bob", 0).await;
    let (manager, admin, auditor) =
        (bank.manager().await, bank.admin().await, bank.auditor().await);
    let device = |session: &Session| session.identity().device().id();
    let nobodys = DeviceId::new(Sha3::from_bytes([9; 32]));
    for (session, device) in [
        (&alice.session, device(&bob)),
        (&alice.session, nobodys),
        (auditor, device(&alice)),
        (manager, device(auditor)),
        (manager, device(admin)),
    ] {
        assert_eq!(code(session.revoke_device(device, LOST).await), "device-not-found");
    }
    assert_eq!(code(admin.revoke_device(device(admin), LOST).await), "last-administrator");
    manager.revoke_device(device(&bob), LOST).await.unwrap();
    assert!(bob.verify().await.is_err());
    admin.revoke_device(device(auditor), LOST).await.unwrap();
    assert!(auditor.verify().await.is_err());

    // With a second device the first may go, and then that one is the last.
    let admin_holder = Holder::generate(Suite::Standard, admin.identity().user().clone());
    let asked = bank.client().pair(&admin_holder, "second").await.unwrap();
    admin.approve_device(&asked.pairing).await.unwrap();
    bank.client().enrol_paired(&admin_holder, &asked).await.unwrap();
    let second = bank.login(&admin_holder).await;
    second.revoke_device(device(admin), LOST).await.unwrap();
    assert_eq!(code(second.revoke_device(device(&second), LOST).await), "last-administrator");
    let own = second.identity().certificate_hash().unwrap();
    assert_eq!(code(second.revoke(own, LOST).await), "last-administrator");
    second.verify().await.unwrap();
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lost_every_device_comes_back_by_a_managers_signature_and_pays_little_for_a_day() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 100_000).await;
    let tablet = paired(&bank, &alice).await;
    let bob = bank.customer("Bob", 0).await;
    let profile = format!("/api/users/{}/profile", alice.identity().user().id);
    let email =
        bank.get_as(&alice, &profile).await.ok().json()["email"].as_str().unwrap().to_owned();

    let asked = bank.client().request_recovery(&email, None).await.unwrap();
    assert_eq!(bank.client().recovered(&asked).await.unwrap(), None);
    let manager = bank.manager().await;
    let waiting = manager.recoveries().await.unwrap();
    let [request] = waiting.as_slice() else { panic!("{waiting:?}") };
    assert_eq!(request.match_number, asked.match_number, "the manager compares these");
    let user: UserId = request.user_id.parse().unwrap();
    let registration = Sha3::from_hex(&request.registration).unwrap();
    // A token that nobody asked for opens nothing, nor does the request of one person for another.
    let invented = Sha3::from_bytes([7; 32]);
    let not_requested = "recovery-not-requested";
    assert_eq!(code(manager.recover(user, invented, "lost").await), not_requested);
    let other = bob.identity().user().id;
    assert_eq!(code(manager.recover(other, registration, "lost").await), not_requested);
    assert_eq!(code(bob.recover(user, registration, "lost").await), "permission-denied");
    alice.verify().await.unwrap();

    manager.recover(user, registration, "lost the telephone and the tablet").await.unwrap();
    assert!(alice.verify().await.is_err(), "everything old is over");
    assert!(bank.client().login(tablet.identity.clone()).await.is_err());
    assert_eq!(code(manager.recover(user, registration, "again").await), not_requested);
    assert_eq!(bank.client().recovered(&asked).await.unwrap(), Some(user));

    let fresh = Holder::generate(Suite::Standard, alice.holder.user().clone());
    bank.client().enrol(&fresh, &asked.token).await.unwrap();
    let session = bank.login(&fresh).await;
    let pay = async |minor| session.transfer(alice.account, bob.account, eur(minor), None).await;
    let refused = pay(20_001).await.err().unwrap();
    let ClientError::Refused { problem, .. } = &refused else { panic!("{refused}") };
    assert_eq!(problem.code, "recovery-limit");
    assert!(problem.title.contains("200.00"), "{}", problem.title);
    // All accounts together, at all instances: of four halves two are paid.
    let second = bank.open(&session, money::AssetCode::EUR).await;
    bank.fund(second, eur(50_000)).await;
    let another = bank.start_another().await;
    let elsewhere = bank.client_of(&another).login(fresh.identity.clone()).await;
    let elsewhere = elsewhere.unwrap();
    let halves = tokio::join!(
        session.transfer(alice.account, bob.account, eur(10_000), None),
        elsewhere.transfer(second, bob.account, eur(10_000), None),
        elsewhere.transfer(alice.account, bob.account, eur(10_000), None),
        session.transfer(second, bob.account, eur(10_000), None),
    );
    let halves = [halves.0, halves.1, halves.2, halves.3];
    assert_eq!(halves.iter().filter(|paid| paid.is_ok()).count(), 2);
    assert_eq!(code(pay(1).await), "recovery-limit");
    another.shutdown().await.unwrap();
    // What stays with its owner is not paid to anybody.
    session.transfer(alice.account, second, eur(30_000), None).await.unwrap();
    // One signature over many small payments is one payment.
    let line = |minor| client::BatchLine { to: bob.account, amount: eur(minor), memo: None };
    let split = [line(15_000), line(15_000)];
    assert_eq!(code(session.batch(alice.account, &split, false).await), "recovery-limit");
    // Whoever pays Alice is not limited by what happened to her.
    bank.fund(bob.account, eur(50_000)).await;
    bob.transfer(bob.account, alice.account, eur(50_000), None).await.unwrap();
    bank.assert_verifies().await;

    bank.execute("UPDATE recovery_limits SET limited_until = now() - interval '1 second'").await;
    pay(20_001).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_for_a_recovery_tells_nothing_and_a_flood_stays_small() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let profile = format!("/api/users/{}/profile", alice.identity().user().id);
    let email =
        bank.get_as(&alice, &profile).await.ok().json()["email"].as_str().unwrap().to_owned();
    let shape = async |email: &str| {
        let registration = hex::encode(crypto::random::<32>().unwrap());
        let body = json!({"email": email, "registration": registration});
        let answer = bank.send(Request::post_json("/api/users/recovery", &body)).await;
        let members: Vec<_> = answer.json().as_object().unwrap().keys().cloned().collect();
        (answer.status, members)
    };
    assert_eq!(shape(&email).await, shape("nobody@example.org").await);
    for _ in 0..10 {
        shape(&email).await;
    }
    assert_eq!(bank.count("SELECT count(*) FROM recovery_requests").await, 5);
    assert_eq!(bank.get_as(&alice, "/api/manager/recoveries").await.status, 403);
    alice.verify().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_enrol_after_two_people_said_so_and_customers_after_one() {
    let bank = Bank::start().await;
    let (admin, manager) = (bank.admin().await, bank.manager().await);
    let invited = admin.invite(Role::Manager, "Nora New", "nora@bank.example").await.unwrap();
    let of = |id, role, name: &str| client::UserName { id, role, name: name.to_owned() };
    let nora = Holder::generate(Suite::Standard, of(invited.user, Role::Manager, "Nora New"));
    let refused = bank.client().enrol(&nora, &invited.token).await;
    assert_eq!(code(refused), "invitation-not-approved");
    assert_eq!(code(admin.approve_invitation(invited.user).await), "approval-by-maker");
    let stranger = UserId::new(Uuid::now_v7());
    assert_eq!(code(manager.approve_invitation(stranger).await), "invitation-not-found");
    let alice = bank.customer("Alice", 0).await;
    assert_eq!(code(alice.approve_invitation(invited.user).await), "permission-denied");
    assert_eq!(code(alice.invite(Role::Customer, "X", "x@example.org").await), "permission-denied");
    assert_eq!(
        code(manager.invite(Role::Customer, "X", "x@example.org").await),
        "permission-denied"
    );
    let listed = manager.invitations().await.unwrap();
    assert_eq!(
        (listed[0].name.as_str(), listed[0].status.as_str()),
        ("Nora New", "waiting-for-approval")
    );
    assert_eq!(code(alice.invitations().await), "forbidden");

    manager.approve_invitation(invited.user).await.unwrap();
    assert_eq!(code(manager.approve_invitation(invited.user).await), "invitation-not-found");
    // Neither as somebody else, nor as something else.
    for user in
        [of(stranger, Role::Manager, "Eve"), of(invited.user, Role::SystemAdmin, "Nora New")]
    {
        let eve = Holder::generate(Suite::Standard, user);
        assert_eq!(code(bank.client().enrol(&eve, &invited.token).await), "registration-unknown");
    }
    bank.client().enrol(&nora, &invited.token).await.unwrap();
    bank.login(&nora).await.verify().await.unwrap();
    assert_eq!(admin.invitations().await.unwrap()[0].status, "redeemed");

    let invited = admin.invite(Role::Customer, "Carl", "carl@example.org").await.unwrap();
    let carl = Holder::generate(Suite::Standard, of(invited.user, Role::Customer, "Carl"));
    bank.client().enrol(&carl, &invited.token).await.unwrap();
    bank.login(&carl).await.verify().await.unwrap();
    let twice = admin.invite(Role::Customer, "Carl", "carl@example.org").await;
    assert_eq!(code(twice), "person-exists");
    // The commitment opens to what is kept, and the log holds neither name nor address.
    let opened = bank.count("SELECT count(*) FROM users WHERE person_salt IS NOT NULL").await;
    assert_eq!(opened, 2);
    for text in ["Nora", "carl@example.org"] {
        let sql = format!(
            "SELECT count(*) FROM records WHERE position('{text}'::bytea in intent || effects || evidence) > 0"
        );
        assert_eq!(bank.count(&sql).await, 0, "{text}");
    }
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_key_can_sign_in_and_be_replaced_and_nothing_else() {
    let bank = Bank::start_with(|config| {
        config.key_ages.holder = std::time::Duration::from_secs(4);
    })
    .await;
    let alice = bank.customer("Alice", 100).await;
    let bob = bank.enrol("Bob").await;
    let bob = (bank.login(&bob).await, bob);
    let pay =
        Wish::open_account(e2e::fresh_account(), alice.identity().user().id, money::AssetCode::EUR);
    let held_up = async || {
        let signed = Forger::of(&alice).next(pay.body.clone());
        let answer = bank.submit(&alice, &signed).await;
        (answer.status != 200 && answer.status != 409).then(|| answer.refusal())
    };
    let refused = eventually("the key to grow old", held_up).await;
    assert_eq!(refused, (403, "rotation-required".to_owned()));
    let path = format!("/api/quantum/keys/{}/info", alice.identity().user().id);
    let info = bank.get_as(&alice, &path).await.ok().json();
    assert_eq!((&info["rotation_due"], &info["rotation_required"]), (&json!(true), &json!(true)));
    assert_eq!((&info["age_days"], &info["days_left"]), (&json!(0), &json!(89)));
    bank.login(&alice.holder).await;

    let successor = Arc::new(alice.holder.successor().unwrap());
    alice.rotate(&successor).await.unwrap();
    let session = bank.client().login(successor).await.unwrap();
    session.open_account(alice.identity().user().id, money::AssetCode::EUR).await.unwrap();
    drop(bob);
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_delivered_sealed_and_its_standing_is_told() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let bundle = alice.download_certificate().await.unwrap();
    let own = alice.identity().certificates().unwrap();
    assert_eq!(bundle["certificate"], json!(own.holder.to_pem()));
    assert_eq!(bundle["root"], json!(own.root.to_pem()));
    let path = format!("/api/auth/download-certificate/{}", alice.identity().user().id);
    let raw = bank.get_as(&alice, &path).await.ok();
    assert!(!raw.text().contains("BEGIN CERTIFICATE"));
    assert_eq!(raw.json()["kem"], json!(bank.client().suite().kem_name()));
    let mallory = bank.customer("Mallory", 0).await;
    assert_eq!(bank.get_as(&mallory, &path).await.status, 404);
    assert_eq!(bank.get_as(bank.admin().await, &path).await.status, 404);

    let standing = bank.get_as(&alice, "/api/certificates/status").await.ok().json();
    assert_eq!((&standing["state"], &standing["listed"]), (&json!("good"), &json!(false)));
    let list = bank.get("/api/certificates/crl").await.ok();
    assert_eq!(
        list.header("etag"),
        format!("\"crl-{}\"", standing["crl_number"].as_str().unwrap())
    );
    assert!(list.header("cache-control").contains("max-age=60"));
    let known = Request::get("/api/certificates/crl").with("if-none-match", list.header("etag"));
    let unchanged = bank.send(known.clone()).await;
    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
    let successor = Arc::new(alice.holder.successor().unwrap());
    let old = alice.identity().certificate_hash().unwrap();
    alice.rotate(&successor).await.unwrap();
    let path = format!("/api/certificates/status?certificate={old}");
    let standing = bank.get_as(bank.auditor().await, &path).await.ok().json();
    assert_eq!(standing["state"], json!("superseded"));
    bank.execute(&format!(
        "UPDATE certificates SET not_after = now() - interval '1 second' WHERE fingerprint = '\\x{}'",
        successor.certificate_hash().unwrap()
    ))
    .await;
    let path =
        format!("/api/certificates/status?certificate={}", successor.certificate_hash().unwrap());
    let standing = bank.get_as(bank.auditor().await, &path).await.ok().json();
    assert_eq!(standing["state"], json!("expired"));
    mallory.revoke(mallory.identity().certificate_hash().unwrap(), LOST).await.unwrap();
    assert_eq!(bank.send(known).await.status, 200, "a revocation makes a new list at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_route_of_role_certificates_takes_staff_only() {
    let bank = Bank::start().await;
    let invited = bank.admin().await.invite(Role::AuditorClerk, "Olga", "olga@bank.example").await;
    let invited = invited.unwrap();
    bank.manager().await.approve_invitation(invited.user).await.unwrap();
    for (role, status) in [(Role::Customer, 400), (Role::AuditorClerk, 200)] {
        let user = client::UserName { id: invited.user, role, name: "Olga".to_owned() };
        let olga = Holder::generate(Suite::Standard, user);
        let csr = pki::build_csr(olga.key(), "Olga").unwrap();
        let draft = intent::IntentDraft {
            bank: bank.trust().bank.clone(),
            certificate: crypto::sha3_256(&csr),
            device: olga.device().id(),
            authority: role,
            at: server::clock::now(),
            seq: 1,
            prev: Sha3::from_bytes([0; 32]),
            id: intent::IntentId::new(Uuid::now_v7()).unwrap(),
            body: Body::UserEnrol {
                user: invited.user,
                csr,
                device: olga.device().id(),
                device_key_commitment: olga.device().key_commitment(),
                kem_public_key: olga.kem().public_key().as_bytes().to_vec(),
                registration: crypto::sha3_256(invited.token.expose()),
            },
        };
        let signed = Forger::new(&olga).sign(draft);
        let transcript = crypto::sha256(&signed.intent);
        let key = olga.device().key().expose();
        let sealed =
            crypto::seal_to(&bank.trust().kem, "device-key", transcript.as_bytes(), key).unwrap();
        let text = |bytes: &[u8]| {
            use base64ct::{Base64UrlUnpadded, Encoding};
            Base64UrlUnpadded::encode_string(bytes)
        };
        let envelope: serde_json::Value = serde_json::from_slice(&signed.to_json()).unwrap();
        let body = json!({
            "signed": envelope,
            "registration_token": text(invited.token.expose()),
            "sealed_device_key": text(&sealed),
        });
        let request = Request::post_json("/api/auth/issue-role-certificate", &body);
        assert_eq!(bank.send(request).await.status, status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_approvals_at_two_instances_one_wins_and_the_other_is_told() {
    let bank = Bank::start().await;
    let other = bank.start_another().await;
    let alice = bank.customer("Alice", 0).await;
    let tablet = paired(&bank, &alice).await;
    let tablet = bank.client_of(&other).login(Arc::clone(&tablet.identity)).await.unwrap();
    for round in 0..4 {
        let (new, asked) = begin(&bank, &alice.holder, "third").await;
        let (here, there) = tokio::join!(
            alice.approve_device(&asked.pairing),
            tablet.approve_device(&asked.pairing)
        );
        assert_ne!(here.is_ok(), there.is_ok(), "round {round}");
        let lost = if here.is_ok() { code(there) } else { code(here) };
        assert_eq!(lost, "pairing-used", "round {round}");
        bank.client().enrol_paired(&new, &asked).await.unwrap();
    }
    other.shutdown().await.unwrap();
    bank.assert_verifies().await;
}
