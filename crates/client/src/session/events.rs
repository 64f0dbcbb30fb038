//! Server-sent events of one session, as they come.

use std::pin::Pin;
use std::time::Duration;

use eventsource_stream::{EventStreamError, Eventsource};
use futures_util::{Stream, StreamExt};
use serde_json::Value;
use tokio::time::timeout;

use crate::ClientError;

/// The bank shows that it lives every 15 seconds.
const SILENCE_MAX: Duration = Duration::from_secs(45);

type Parsed = Result<eventsource_stream::Event, EventStreamError<reqwest::Error>>;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct BankEvent {
    /// The index of its leaf; what comes after it is asked for by this.
    pub leaf: u64,
    /// Its kind.
    pub kind: String,
    /// Everything that the bank tells.
    pub document: Value,
}

/// What happens, as it happens. It ends with the session, and whenever the connection does.
pub struct Events {
    server: String,
    stream: Pin<Box<dyn Stream<Item = Parsed> + Send>>,
}

impl Events {
    pub(super) fn new(server: String, response: reqwest::Response) -> Self {
        Self { server, stream: Box::pin(response.bytes_stream().eventsource()) }
    }

    /// The next event. `None`: the bank has ended the stream.
    pub async fn next(&mut self) -> Result<Option<BankEvent>, ClientError> {
        let Ok(next) = timeout(SILENCE_MAX, self.stream.next()).await else {
            return Err(ClientError::Answer { what: "silence on a stream of events" });
        };
        let event = match next {
            None => return Ok(None),
            Some(Ok(event)) => event,
            Some(Err(EventStreamError::Transport(source))) => {
                return Err(ClientError::Unreachable { server: self.server.clone(), source });
            }
            Some(Err(_)) => return Err(ClientError::Answer { what: "a stream of events" }),
        };
        let malformed = || ClientError::Answer { what: "an event" };
        Ok(Some(BankEvent {
            leaf: event.id.parse().map_err(|_| malformed())?,
            kind: event.event,
            document: serde_json::from_str(&event.data).map_err(|_| malformed())?,
        }))
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Events({})", self.server)
    }
}
