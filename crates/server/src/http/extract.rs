//! axum's extractors, refusing with a [`Problem`].

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError};
use serde::Serialize;

use crate::problem::{Code, Problem};

/// A JSON body. What does not fit is refused with the path of the member at fault.
#[derive(Clone, Copy, Debug, FromRequest)]
#[from_request(via(axum::Json), rejection(Problem))]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The variable parts of the path.
#[derive(Clone, Copy, Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub struct Path<T>(pub T);

/// The query.
#[derive(Clone, Copy, Debug, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub struct Query<T>(pub T);

/// The whole body. The edge has bounded its length.
pub async fn read_body(body: Body) -> Result<Bytes, Problem> {
    body.collect().await.map(http_body_util::Collected::to_bytes).map_err(|error| {
        if is_too_long(&error) {
            Problem::new(Code::BodyTooLarge)
        } else {
            Problem::new(Code::Malformed).with_detail("the body ended early")
        }
    })
}

fn is_too_long(error: &axum::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if error.is::<LengthLimitError>() {
            return true;
        }
        source = error.source();
    }
    false
}
