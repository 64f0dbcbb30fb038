//! People: locked out and let in again.

use e2e::Bank;

#[tokio::test(flavor = "multi_thread")]
async fn who_is_locked_is_out_from_the_next_request_on_and_comes_back_when_unlocked() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let (user, manager) = (alice.identity().user().id, bank.manager().await);
    assert_eq!(bank.get_as(&alice, "/api/accounts").await.status, 200);

    manager.lock(user, true, "a lost telephone").await.unwrap();
    let refused = (401, "certificate-not-accepted".to_owned());
    assert_eq!(bank.get_as(&alice, "/api/accounts").await.refusal(), refused);
    assert!(bank.client().login(alice.identity().clone()).await.is_err());

    manager.lock(user, false, "found again").await.unwrap();
    bank.login(&alice.holder).await.verify().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_locks_whom_they_may_not() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let (admin, manager) = (bank.admin().await, bank.manager().await);
    let (of_alice, of_admin) = (alice.identity().user().id, admin.identity().user().id);
    let of_manager = manager.identity().user().id;
    for (session, user, code) in [
        (&alice.session, of_manager, "permission-denied"),
        (bank.auditor().await, of_alice, "permission-denied"),
        (manager, of_admin, "user-not-found"),
        (manager, of_manager, "user-not-found"),
        (admin, of_admin, "user-not-found"),
        (admin, intent::UserId::new(uuid::Uuid::now_v7()), "user-not-found"),
    ] {
        let refused = session.lock(user, true, "a try").await.err().unwrap();
        let client::ClientError::Refused { problem, .. } = refused else { panic!("{refused}") };
        assert_eq!(problem.code, code);
    }
    admin.lock(of_manager, true, "on leave").await.unwrap();
    assert!(manager.verify().await.is_err());
}
