//! HTTP for the log. Public: whoever holds a receipt may compare it with what the bank shows everyone.
//!
//! Tiles are served under the paths of C2SP tlog-tiles below `/api/log/`.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query out in full")]

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use tlog::{Hash, LeafIndex, TileId, TreeSize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::service::{self, LogError};
use super::store;
use crate::App;
use crate::corridor::Fault;
use crate::http::{Path, Query};
use crate::problem::Problem;

/// Leaves in one answer at most.
const LEAVES_MAX: u64 = 1_000;

/// Routes of the log; no authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(checkpoint))
        .routes(routes!(entries))
        .routes(routes!(inclusion))
        .routes(routes!(consistency))
        .route("/api/log/tile/{level}/{*path}", get(tile))
}

impl From<LogError> for Problem {
    fn from(error: LogError) -> Self {
        Fault::from(error).into()
    }
}

/// The newest signed checkpoint, a C2SP signed note.
#[utoipa::path(get, path = "/api/log/checkpoint", tag = "log", responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn checkpoint(State(app): State<App>) -> Result<Response, Problem> {
    let book = app.bank.book;
    let mut tx = app.db.as_auditor().await?;
    let head = store::head_of(&mut tx, book).await?;
    let note = store::checkpoint(&mut tx, book, head.size).await?.ok_or_else(Problem::not_found)?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response())
}

/// One tile of hashes: full tiles never change.
pub(super) async fn tile(
    State(app): State<App>,
    Path((level, path)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (id, width) = TileId::from_path(&format!("tile/{level}/{path}"))
        .map_err(|error| Problem::malformed("path", error.to_string()))?;
    let mut tx = app.db.as_auditor().await?;
    let found = service::tile(&mut tx, app.bank.book, id, width).await?;
    let tile = found.ok_or_else(Problem::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, tile.to_bytes()).into_response())
}

/// Which leaves.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct EntriesQuery {
    /// First leaf index.
    first: u64,
    /// How many, at most 1,000.
    count: u64,
}

/// Leaves, 170 bytes each in base64url: commitments without what they open to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Entries {
    first: String,
    leaves: Vec<String>,
}

/// Leaves of the log, redacted.
#[utoipa::path(get, path = "/api/log/entries", tag = "log", params(EntriesQuery), responses((status = 200, body = Entries)))]
pub(super) async fn entries(
    State(app): State<App>,
    Query(query): Query<EntriesQuery>,
) -> Result<Json<Entries>, Problem> {
    if !(1..=LEAVES_MAX).contains(&query.count) {
        return Err(Problem::malformed("count", format!("must be 1 to {LEAVES_MAX}")));
    }
    let end = query.first.saturating_add(query.count);
    let mut tx = app.db.as_auditor().await?;
    let found = store::leaves(&mut tx, app.bank.book, query.first, end).await?;
    let leaves = found.iter().map(|(_, leaf)| Base64UrlUnpadded::encode_string(leaf)).collect();
    Ok(Json(Entries { first: query.first.to_string(), leaves }))
}

/// Which leaf, in a tree of which size.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct InclusionQuery {
    /// Leaf index.
    index: u64,
    /// Tree size; the newest where absent.
    size: Option<u64>,
}

/// A proof: hashes in base64url, deepest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Proof {
    size: String,
    root: String,
    path: Vec<String>,
}

/// Proves that a leaf is in the tree.
#[utoipa::path(get, path = "/api/log/inclusion", tag = "log", params(InclusionQuery), responses((status = 200, body = Proof), (status = 404)))]
pub(super) async fn inclusion(
    State(app): State<App>,
    Query(query): Query<InclusionQuery>,
) -> Result<Json<Proof>, Problem> {
    let book = app.bank.book;
    let mut tx = app.db.as_auditor().await?;
    let head = store::head_of(&mut tx, book).await?;
    let size = query.size.map_or(head.size, TreeSize::new);
    let index = LeafIndex::new(query.index);
    if size > head.size || query.index >= size.get() {
        return Err(Problem::not_found());
    }
    let proof = service::prove_inclusion(&mut tx, book, index, size).await?;
    let root =
        if size == head.size { head.root } else { service::root_at(&mut tx, book, size).await? };
    Ok(Json(view(size, &root, &proof.path)))
}

/// Between which sizes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct ConsistencyQuery {
    /// The smaller tree.
    old: u64,
    /// The larger tree; the newest where absent.
    new: Option<u64>,
}

/// Proves that one tree is a prefix of another.
#[utoipa::path(get, path = "/api/log/consistency", tag = "log", params(ConsistencyQuery), responses((status = 200, body = Proof), (status = 404)))]
pub(super) async fn consistency(
    State(app): State<App>,
    Query(query): Query<ConsistencyQuery>,
) -> Result<Json<Proof>, Problem> {
    let book = app.bank.book;
    let mut tx = app.db.as_auditor().await?;
    let head = store::head_of(&mut tx, book).await?;
    let (old, new) = (TreeSize::new(query.old), query.new.map_or(head.size, TreeSize::new));
    if new > head.size || old > new || old.get() == 0 {
        return Err(Problem::not_found());
    }
    let proof = service::prove_consistency(&mut tx, book, old, new).await?;
    let root =
        if new == head.size { head.root } else { service::root_at(&mut tx, book, new).await? };
    Ok(Json(view(new, &root, &proof.path)))
}

fn view(size: TreeSize, root: &Hash, path: &[Hash]) -> Proof {
    let encode = |hash: &Hash| Base64UrlUnpadded::encode_string(hash.as_bytes());
    Proof { size: size.to_string(), root: encode(root), path: path.iter().map(encode).collect() }
}
