//! Where every question of a poster waits until a simulation says what happens to it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Waker;

use tokio::sync::{Notify, oneshot};

use crate::wire::{COMMIT, HEADER, How};

/// What keeps a transaction from waiting for a lock, as the statement begins.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout";

/// The gate in one poster's line to the database.
#[derive(Default)]
pub struct Gate {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    lines: BTreeMap<u64, Line>,
    next_line: u64,
    waker: Option<Waker>,
    freed: u64,
}

/// One connection.
#[derive(Default)]
struct Line {
    asked: Option<(Asked, oneshot::Sender<Option<How>>)>,
    /// The database has a question that it has not answered.
    is_out: bool,
    /// Its transaction does not wait for locks.
    gives_up_early: bool,
    /// Texts of prepared statements by their names.
    statements: BTreeMap<Vec<u8>, String>,
    cut: Arc<Notify>,
}

/// A question at the gate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Asked {
    /// Whether it is the end of a group commit.
    pub is_commit: bool,
    /// Its statements, without what they are asked with.
    pub text: String,
}

impl Gate {
    /// The question that waits here, if any.
    pub fn asked(&self) -> Option<Asked> {
        self.state().lines.values().find_map(|line| Some(line.asked.as_ref()?.0.clone()))
    }

    /// Whether the database has a question of this poster that it has not answered.
    pub fn is_out(&self) -> bool {
        self.state().lines.values().any(|line| line.is_out)
    }

    /// Whether the transaction in work ends by itself when it has to wait for a lock.
    pub fn gives_up_early(&self) -> bool {
        self.state().lines.values().any(|line| line.gives_up_early)
    }

    /// How often locks may have been given up here: a transaction ended or failed, or a connection did.
    pub fn freed(&self) -> u64 {
        self.state().freed
    }

    /// Connections there are.
    pub fn lines(&self) -> usize {
        self.state().lines.len()
    }

    /// Lets the question through, or has this happen to it.
    pub fn decide(&self, how: Option<How>) {
        let mut state = self.state();
        let line = state.lines.values_mut().find(|line| line.asked.is_some()).expect("a question");
        line.is_out = true;
        let (_, verdict) = line.asked.take().expect("a question");
        // Its connection may have ended meanwhile.
        let _ = verdict.send(how);
    }

    /// Ends every connection, whatever it waits for.
    pub fn cut(&self) {
        self.state().lines.values().for_each(|line| line.cut.notify_one());
    }

    /// Has this woken at the next change.
    pub fn wake(&self, waker: &Waker) {
        self.state().waker = Some(waker.clone());
    }

    pub(crate) fn enter(self: &Arc<Self>) -> Passage {
        let mut state = self.state();
        let line = state.next_line;
        state.next_line += 1;
        let cut = Arc::new(Notify::new());
        state.lines.insert(line, Line { cut: Arc::clone(&cut), ..Line::default() });
        Passage { gate: Arc::clone(self), line, cut }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let waker = {
            let mut state = self.state();
            change(&mut state);
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// One connection's way through the gate.
pub(crate) struct Passage {
    gate: Arc<Gate>,
    line: u64,
    cut: Arc<Notify>,
}

impl Passage {
    /// Waits for what shall happen to this question.
    pub(crate) async fn pass(&self, question: &[u8]) -> Option<How> {
        let (verdict, decided) = oneshot::channel();
        self.change(|line| {
            let text = line.read(question);
            line.asked = Some((Asked { is_commit: question == COMMIT, text }, verdict));
        });
        decided.await.unwrap_or(Some(How::Unasked))
    }

    /// Ends when the connection shall.
    pub(crate) async fn is_cut(&self) {
        self.cut.notified().await;
    }

    /// The database has answered, and the answer was passed on; its transaction goes on, or not.
    pub(crate) fn answered(&self, is_in_transaction: bool) {
        self.gate.change(|state| {
            state.freed += u64::from(!is_in_transaction);
            if let Some(line) = state.lines.get_mut(&self.line) {
                line.is_out = false;
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut Line)) {
        self.gate.change(|state| {
            if let Some(line) = state.lines.get_mut(&self.line) {
                change(line);
            }
        });
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        self.gate.change(|state| {
            state.freed += 1;
            state.lines.remove(&self.line);
        });
    }
}

impl Line {
    /// The statements of a question.
    fn read(&mut self, question: &[u8]) -> String {
        let mut read = Vec::new();
        for (kind, body) in messages(question) {
            let mut texts = body.split(|byte| *byte == 0);
            let (first, second) =
                (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
            match kind {
                b'Q' => read.push(text_of(first)),
                // Name of the statement, and its text.
                b'P' => {
                    self.statements.insert(first.to_vec(), text_of(second));
                    read.push(["prepare", &text_of(second)].join(" "));
                }
                // Name of the portal, and of the statement.
                b'B' => read.extend(self.statements.get(second).cloned()),
                _ => {}
            }
        }
        let read = read.join("; ");
        if read.starts_with(LOCK_TIMEOUT) {
            self.gives_up_early = true;
        } else if ["COMMIT", "ROLLBACK"].contains(&read.as_str()) {
            self.gives_up_early = false;
        }
        read
    }
}

/// Kind and body of each message of a question.
fn messages(mut question: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (header, rest) = question.split_at_checked(HEADER)?;
        let length = u32::from_be_bytes(header[1..].try_into().unwrap());
        let (body, rest) = rest.split_at(usize::try_from(length).unwrap() - 4);
        question = rest;
        Some((header[0], body))
    })
}

/// A statement on one line.
fn text_of(sql: &[u8]) -> String {
    String::from_utf8_lossy(sql).split_whitespace().collect::<Vec<_>>().join(" ")
}
