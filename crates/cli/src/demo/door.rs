//! The demo's door: one click into the console as somebody of the demo.
//!
//! No key is handed over, and the bank has no way in that a customer lacks. The browser makes keys of its own and asks to
//! be paired, as any second device does; the demo process, which holds the first device of everybody in it, approves that
//! with a signature of that person, as they would on their telephone. What is special is only that nobody is asked: so the
//! routes stand in the demo alone ([`server::start::start_beside`]) and `strongroom serve` does not know them.
//!
//! # Security
//!
//! - Whoever has the ticket can act as everybody of the demo. It is random in each run, is printed on the terminal, travels in
//!   the fragment of an address, which no browser sends, and comes back in a header, which no page of another origin may set.
//! - Only this machine is answered, whatever address the demo listens at.
//! - One pairing is approved once; its ninety seconds and its one-time token are those of every pairing.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use client::{Bank, ClientError, Identity};
use crypto::{constant_time_eq, random_secret};
use intent::Role;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::cast::KeptProfile;
use crate::failure::Failure;

const TICKET_BYTES: usize = 16;
const TICKET_HEADER: &str = "strongroom-demo-ticket";

/// The door; clones are the same one.
#[derive(Clone)]
pub(super) struct Door(Arc<Inner>);

struct Inner {
    ticket: String,
    inside: OnceLock<Inside>,
}

struct Inside {
    bank: Bank,
    people: Vec<Person>,
}

struct Person {
    identity: Arc<Identity>,
    profile: KeptProfile,
}

impl Door {
    /// Shut, until the day is over.
    pub(super) fn new() -> Result<Self, Failure> {
        let random = random_secret(TICKET_BYTES).map_err(ClientError::from)?;
        let ticket = hex::encode(random.expose());
        Ok(Self(Arc::new(Inner { ticket, inside: OnceLock::new() })))
    }

    /// What the address on the terminal ends in.
    pub(super) fn ticket(&self) -> &str {
        &self.0.ticket
    }

    /// The day is over: these may be entered as.
    pub(super) fn open(&self, bank: Bank, people: Vec<(KeptProfile, Arc<Identity>)>) {
        let people = people.into_iter().map(|(profile, identity)| Person { identity, profile });
        // Opened once; a second time would change nothing.
        let _ = self.0.inside.set(Inside { bank, people: people.collect() });
    }

    pub(super) fn router(&self) -> axum::Router {
        axum::Router::new()
            .route("/api/demo/people", get(people))
            .route("/api/demo/approve", post(approve))
            .route_layer(from_fn_with_state(self.clone(), admit))
            .with_state(self.clone())
    }
}

/// From this machine, with the ticket; everybody else learns that there is nothing.
async fn admit(
    State(door): State<Door>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    request: Request,
    next: Next,
) -> Result<Response, StatusCode> {
    let shown = headers.get(TICKET_HEADER).map_or(&[][..], |shown| shown.as_bytes());
    let is_ours = constant_time_eq(shown, door.0.ticket.as_bytes());
    if peer.ip().is_loopback() && is_ours {
        Ok(next.run(request).await)
    } else {
        Err(StatusCode::NOT_FOUND)
    }
}

/// Somebody of the demo.
#[derive(Debug, Serialize)]
struct PersonView {
    user_id: String,
    name: String,
    role: &'static str,
    about: &'static str,
}

async fn people(State(door): State<Door>) -> Result<Json<Vec<PersonView>>, StatusCode> {
    let inside = door.0.inside.get().ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
    let view = |person: &Person| {
        let user = person.identity.user();
        PersonView {
            user_id: user.id.to_string(),
            name: user.name.clone(),
            role: Role::name(user.role),
            about: person.profile.about,
        }
    };
    Ok(Json(inside.people.iter().map(view).collect()))
}

/// A pairing that the browser has asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Approval {
    user_id: String,
    pairing_id: Uuid,
}

/// What a person would do on their first device, without looking.
async fn approve(
    State(door): State<Door>,
    Json(asked): Json<Approval>,
) -> Result<StatusCode, StatusCode> {
    let inside = door.0.inside.get().ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
    let person =
        inside.people.iter().find(|person| person.identity.user().id.to_string() == asked.user_id);
    let person = person.ok_or(StatusCode::NOT_FOUND)?;
    let approved = async {
        let session = inside.bank.login(Arc::clone(&person.identity)).await?;
        let pairing = session.pairing(asked.pairing_id).await?;
        session.approve_device(&pairing).await?;
        session.logout().await
    };
    approved.await.map(|()| StatusCode::NO_CONTENT).map_err(|error: ClientError| {
        tracing::warn!(%error, "the demo's pairing was not approved");
        StatusCode::CONFLICT
    })
}
