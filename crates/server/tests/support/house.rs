//! A whole bank on a cluster of its own, with the real client at its door.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use client::{Bank, Device, Identity, ServerUrl, Session, Transport, Trust, UserName};
use crypto::{SecretBytes, Suite};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use intent::{Role, UserId};
use serde_json::Value;
use server::bank::{Founded, FoundingPlan, found};
use server::config::{Config, DatabaseSource, Profile, TlsConfig};
use server::db::Db;
use server::start::{Running, start};
use server::{App, clock, router};
use tower::ServiceExt;

use crate::support::{TestCluster, migrated_cluster};

const LOGIN_ORIGIN: &str = "https://localhost:8443";

/// A running bank.
pub(crate) struct House {
    pub(crate) running: Running,
    pub(crate) founded: Founded,
    pub(crate) bank: Bank,
    pub(crate) db: Db,
    // Last, so that the bank ends before its database also where a test fails.
    pub(crate) cluster: TestCluster,
}

/// The passphrase of every test bank.
pub(crate) fn passphrase() -> SecretBytes {
    SecretBytes::new(b"correct horse battery staple".to_vec())
}

/// The plan of every test bank: one of each role of staff.
pub(crate) fn plan() -> FoundingPlan {
    FoundingPlan::new("one".parse().unwrap(), "Bank One", Suite::Standard, LOGIN_ORIGIN)
        .with_staff("Max Manager", "max@one.example", Role::Manager)
        .with_staff("Ada Admin", "ada@one.example", Role::SystemAdmin)
        .with_staff("Cleo Clerk", "cleo@one.example", Role::AuditorClerk)
}

/// A connection to the cluster as the server makes it.
pub(crate) async fn connect(cluster: &TestCluster) -> Db {
    Db::connect(&cluster.cluster.urls().server, 4).await.unwrap()
}

impl House {
    /// Founds and opens a bank.
    pub(crate) async fn open() -> Self {
        Self::open_by(plan()).await
    }

    /// Founds and opens a bank by another plan.
    pub(crate) async fn open_by(plan: FoundingPlan) -> Self {
        let cluster = migrated_cluster().await;
        let db = connect(&cluster).await;
        let folder = cluster.folder.path();
        let founded = found(&db, plan, &passphrase(), folder, clock::now()).await.unwrap();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut config = Config {
            profile: Profile::Development,
            data_dir: folder.to_owned(),
            listen: any,
            tls: TlsConfig { listen: any, ..TlsConfig::default() },
            origin: LOGIN_ORIGIN.to_owned(),
            ..Config::default()
        };
        config.database.source = DatabaseSource::Url(cluster.cluster.urls().server.clone());
        let running = start(config, &passphrase()).await.unwrap();
        let url = ServerUrl::parse(&format!("http://{}", running.addr)).unwrap();
        let trust = Trust::from_json(founded.trust.to_text().as_bytes()).unwrap();
        let bank = Bank::new(Transport::new(url, None).unwrap(), trust);
        Self { running, founded, bank, db, cluster }
    }

    pub(crate) fn app(&self) -> &App {
        &self.running.app
    }

    /// A customer, registered and enrolled.
    pub(crate) async fn customer(&self, name: &str) -> Arc<Identity> {
        let email = format!("{name}@example.org");
        let registration = self.bank.register(name, &email).await.unwrap();
        let user = UserName { id: registration.user, role: Role::Customer, name: name.to_owned() };
        let device = Device::generate().unwrap();
        let identity = Identity::generate(self.bank.suite(), user, device).unwrap();
        self.bank.enrol(&identity, &registration.token).await.unwrap();
        Arc::new(identity)
    }

    /// The member of staff of this role, enrolled.
    pub(crate) async fn staff(&self, role: Role) -> Arc<Identity> {
        let invitation =
            self.founded.invitations.iter().find(|invitation| invitation.role == role).unwrap();
        let identity = new_identity(invitation.user, role, &invitation.name);
        self.bank.enrol(&identity, &invitation.registration_token).await.unwrap();
        Arc::new(identity)
    }

    pub(crate) async fn login(&self, identity: &Arc<Identity>) -> Session {
        self.bank.login(Arc::clone(identity)).await.unwrap()
    }

    /// A raw request, past the client.
    pub(crate) async fn call(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = router(self.app().clone()).oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.call(request).await
    }

    pub(crate) async fn close(self) {
        self.running.shutdown().await.unwrap();
        self.db.close().await;
        self.cluster.cluster.stop().await.unwrap();
    }
}

/// Fresh keys on a fresh device.
pub(crate) fn new_identity(user: UserId, role: Role, name: &str) -> Identity {
    let user = UserName { id: user, role, name: name.to_owned() };
    Identity::generate(Suite::Standard, user, Device::generate().unwrap()).unwrap()
}
