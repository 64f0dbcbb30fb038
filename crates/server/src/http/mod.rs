//! The HTTP edge: what surrounds every handler.

/// Id of the request that this task works on, if it works on one.
#[must_use]
pub fn request_id() -> Option<String> {
    None
}
