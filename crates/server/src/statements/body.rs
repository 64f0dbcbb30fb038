//! An answer that is written while it is read.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::Frame;
use thiserror::Error;
use tokio::sync::mpsc;

/// Parts that wait for a slow reader.
const WAITING_MAX: usize = 2;
/// How long a reader may take nothing before we stop writing for it.
const PATIENCE: Duration = Duration::from_mins(1);

/// The answer broke off: what was sent is not whole.
#[derive(Debug, Error)]
#[error("the answer could not be finished")]
pub(crate) struct Broken;

enum Part {
    Bytes(Bytes),
    End,
}

/// The writing end. Dropped before [`Chunks::end`], it breaks the answer off.
pub(super) struct Chunks(mpsc::Sender<Part>);

struct Reading {
    parts: mpsc::Receiver<Part>,
    is_over: bool,
}

/// Both ends of an answer.
pub(super) fn chunks() -> (Chunks, Body) {
    let (send, parts) = mpsc::channel(WAITING_MAX);
    (Chunks(send), Body::new(Reading { parts, is_over: false }))
}

impl Chunks {
    /// Waits until the reader has room.
    pub(super) async fn send(&self, bytes: Vec<u8>) -> Result<(), Broken> {
        if bytes.is_empty() { Ok(()) } else { self.put(Part::Bytes(bytes.into())).await }
    }

    /// The answer is whole.
    pub(super) async fn end(self) -> Result<(), Broken> {
        self.put(Part::End).await
    }

    async fn put(&self, part: Part) -> Result<(), Broken> {
        match tokio::time::timeout(PATIENCE, self.0.send(part)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Broken),
        }
    }
}

impl hyper::body::Body for Reading {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        self.parts.poll_recv(cx).map(|part| match part {
            Some(Part::Bytes(bytes)) => Some(Ok(Frame::data(bytes))),
            Some(Part::End) => {
                self.is_over = true;
                None
            }
            None => {
                self.is_over = true;
                Some(Err(Broken))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn an_answer_without_its_end_is_an_error_and_no_shorter_answer() {
        let (chunks_of, body) = chunks();
        chunks_of.send(b"half".to_vec()).await.unwrap();
        drop(chunks_of);
        assert!(body.collect().await.is_err());
        let (chunks_of, body) = chunks();
        chunks_of.send(b"whole".to_vec()).await.unwrap();
        chunks_of.end().await.unwrap();
        assert_eq!(body.collect().await.unwrap().to_bytes(), "whole");
    }
}
