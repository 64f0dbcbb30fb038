//! The end of a connection, or of one stream of it: what the peer is still sending is read and thrown
//! away for a while.
//!
//! An answer may go out before the body it refuses was read. Closing then makes TCP reset the
//! connection, and the reset may overtake the answer, so that the client learns only that its line
//! broke (RFC 9112 9.6). Over HTTP/2 it is the stream that would be reset, which a client may but need
//! not take for the end of the answer (RFC 9113 8.1); some give the answer up.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{Sleep, sleep, timeout};

/// For how long a peer that does not close is listened to.
const TIME_MAX: Duration = Duration::from_secs(2);
/// How much is thrown away of what it sends: a few bodies of the greatest size that is taken.
const BYTES_MAX: usize = 32 * 1024 * 1024;
const CHUNK_BYTES: usize = 16 * 1024;

/// A stream that is shut down in two steps: no more is written, then no more is read.
pub(super) struct Lingering<S> {
    stream: S,
    end: End,
}

enum End {
    Open,
    Reading { until: Pin<Box<Sleep>>, bytes_left: usize },
    Closed,
}

impl<S> Lingering<S> {
    pub(super) const fn new(stream: S) -> Self {
        Self { stream, end: End::Open }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lingering<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lingering<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            match &mut this.end {
                End::Open => {
                    ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
                    let until = Box::pin(sleep(TIME_MAX));
                    this.end = End::Reading { until, bytes_left: BYTES_MAX };
                }
                End::Reading { until, bytes_left } => {
                    let mut chunk = [0; CHUNK_BYTES];
                    let mut chunk = ReadBuf::new(&mut chunk);
                    let is_late = until.as_mut().poll(context).is_ready();
                    let read = Pin::new(&mut this.stream).poll_read(context, &mut chunk);
                    match read {
                        Poll::Pending if !is_late => return Poll::Pending,
                        Poll::Ready(Ok(())) if !chunk.filled().is_empty() && !is_late => {
                            *bytes_left = bytes_left.saturating_sub(chunk.filled().len());
                            if *bytes_left > 0 {
                                continue;
                            }
                        }
                        // The peer closed too, or has had its time.
                        _ => {}
                    }
                    this.end = End::Closed;
                }
                End::Closed => return Poll::Ready(Ok(())),
            }
        }
    }
}

/// How many streams of one connection are read to their end at a time: together as much as a connection of HTTP/1.1.
const DRAINED_STREAMS_MAX: usize = 4;

/// The streams of one connection of HTTP/2 that were answered early.
#[derive(Clone)]
pub(super) struct Answered(Arc<Semaphore>);

impl Answered {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(DRAINED_STREAMS_MAX)))
    }

    /// A body whose rest, when it is dropped, is read and thrown away for a while.
    pub(super) fn drained(&self, body: Incoming) -> Drained {
        Drained { body: Some(body), answered: self.clone() }
    }
}

/// The body of a request over HTTP/2: see [`Answered::drained`].
pub(super) struct Drained {
    body: Option<Incoming>,
    answered: Answered,
}

impl Body for Drained {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.body.as_mut().map_or(Poll::Ready(None), |body| Pin::new(body).poll_frame(context))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Drained {
    fn drop(&mut self) {
        let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) else { return };
        let (Ok(runtime), Ok(place)) =
            (Handle::try_current(), Arc::clone(&self.answered.0).try_acquire_owned())
        else {
            return;
        };
        runtime.spawn(async move {
            // Whether it came to its end or its time was over, nobody waits for it.
            let _ = timeout(TIME_MAX, throw_away(body)).await;
            drop(place);
        });
    }
}

async fn throw_away(mut body: Incoming) {
    let mut bytes_left = BYTES_MAX / DRAINED_STREAMS_MAX;
    while bytes_left > 0 {
        let Some(Ok(frame)) = body.frame().await else { return };
        // A frame counts even if it is empty.
        bytes_left = bytes_left.saturating_sub(frame.data_ref().map_or(0, Bytes::len).max(1));
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::stream;
    use http_body_util::{Empty, StreamBody};
    use hyper::service::service_fn;
    use hyper::{Request, Response};
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_still_sent_is_taken_until_the_peer_closes() {
        let (near, far) = duplex(1024);
        let (mut from_near, mut to_near) = tokio::io::split(far);
        let mut near = Lingering::new(near);
        near.write_all(b"no").await.unwrap();
        let began = Instant::now();
        let sends = async {
            to_near.write_all(&vec![7; 100_000]).await.unwrap();
            let mut answer = Vec::new();
            from_near.read_to_end(&mut answer).await.unwrap();
            to_near.shutdown().await.unwrap();
            answer
        };
        let (ended, answer) = tokio::join!(near.shutdown(), sends);
        ended.unwrap();
        assert_eq!(answer, b"no");
        assert!(began.elapsed() < TIME_MAX, "the peer closed, which ended it");
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_never_closes_has_its_time_and_no_more() {
        let (near, _silent) = duplex(1024);
        let began = Instant::now();
        Lingering::new(near).shutdown().await.unwrap();
        assert!(began.elapsed() >= TIME_MAX && began.elapsed() < TIME_MAX * 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_never_stops_sending_is_cut_off() {
        let (near, mut far) = duplex(1024 * 1024);
        let sends = tokio::spawn(async move {
            let mut sent = 0;
            while far.write_all(&[7; CHUNK_BYTES]).await.is_ok() {
                sent += CHUNK_BYTES;
            }
            sent
        });
        let mut near = Lingering::new(near);
        near.shutdown().await.unwrap();
        drop(near);
        let sent = sends.await.unwrap();
        assert!((BYTES_MAX..BYTES_MAX + 2 * 1024 * 1024).contains(&sent), "{sent}");
    }

    type Sent = Arc<AtomicUsize>;
    type Chunks = http_body_util::combinators::BoxBody<Bytes, Infallible>;
    type Client = hyper::client::conn::http2::SendRequest<Chunks>;

    /// A client of a server that answers before it has read anything.
    async fn answered_early() -> Client {
        let (near, far) = duplex(64 * 1024);
        let answered = Answered::new();
        let service = service_fn(move |request: Request<Incoming>| {
            drop(answered.drained(request.into_body()));
            async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) }
        });
        let serves = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(near), service);
        tokio::spawn(serves);
        let (client, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(far))
                .await
                .unwrap();
        tokio::spawn(connection);
        client
    }

    /// Begins to send; what comes back are the bytes that have gone so far.
    async fn send(client: &mut Client, length: usize) -> Sent {
        let sent = Sent::default();
        let chunks = stream::iter((0..length / CHUNK_BYTES).map({
            let sent = Arc::clone(&sent);
            move |_| {
                sent.fetch_add(CHUNK_BYTES, Ordering::Relaxed);
                Ok::<_, Infallible>(Frame::data(Bytes::from_static(&[7; CHUNK_BYTES])))
            }
        }));
        let answer = client.send_request(Request::new(BodyExt::boxed(StreamBody::new(chunks))));
        assert!(answer.await.unwrap().status().is_success());
        sent
    }

    /// What has gone once nothing more goes.
    async fn settled(sent: &Sent) -> usize {
        let mut before = usize::MAX;
        loop {
            let now = sent.load(Ordering::Relaxed);
            if now == before {
                return now;
            }
            before = now;
            sleep(Duration::from_millis(200)).await;
        }
    }

    #[tokio::test]
    async fn a_stream_that_is_answered_early_is_not_reset() {
        let length = 500 * CHUNK_BYTES;
        let sent = send(&mut answered_early().await, length).await;
        // A reset would end the sending of it, and this would wait for ever.
        let all_is_sent = async {
            while sent.load(Ordering::Relaxed) < length {
                tokio::task::yield_now().await;
            }
        };
        timeout(TIME_MAX, all_is_sent).await.expect("all of the body is taken");
    }

    #[tokio::test]
    async fn a_stream_that_goes_on_without_end_is_reset_after_its_share() {
        const TWO_SHARES: usize = 2 * BYTES_MAX / DRAINED_STREAMS_MAX;
        let sent = send(&mut answered_early().await, BYTES_MAX).await;
        let sent = settled(&sent).await;
        assert!(sent < TWO_SHARES, "{sent}");
    }

    #[tokio::test]
    async fn one_stream_too_many_of_a_connection_is_reset_at_once() {
        let mut client = answered_early().await;
        let mut silent = Vec::new();
        for _ in 0..DRAINED_STREAMS_MAX {
            let body = BodyExt::boxed(StreamBody::new(stream::pending()));
            silent.push(client.send_request(Request::new(body)).await.unwrap());
        }
        let length = 200 * CHUNK_BYTES;
        let sent = send(&mut client, length).await;
        let sent = settled(&sent).await;
        assert!(sent < length, "{sent}");
    }
}
