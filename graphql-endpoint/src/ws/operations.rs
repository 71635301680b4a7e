//! The operations that run in one WebSocket.

use super::fields::is_one_field_each;
use super::message::Words;
use crate::fanout::FellBehind;
use crate::schema::BankSchema;
use async_graphql::futures_util::stream::BoxStream;
use async_graphql::{Request, Response, Value};
use futures_util::stream::{AbortHandle, SelectAll, abortable};
use futures_util::{FutureExt, StreamExt};
use std::collections::HashMap;
use std::sync::Arc;

/// The operations that run in one WebSocket.
pub struct Operations {
    schema: BankSchema,
    running: SelectAll<BoxStream<'static, Step>>,
    handles: HashMap<Arc<str>, (Words, AbortHandle)>,
    max: usize,
}

/// Something that an operation came to.
#[derive(Debug)]
pub struct Step {
    /// Which operation.
    pub id: Arc<str>,
    /// In which words it began.
    pub words: Words,
    /// A result, or `None` at its end.
    pub result: Option<Response>,
}

/// Why an operation did not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotBegun {
    /// One of this id runs already.
    SameId,
    /// As many run as may.
    TooMany,
    /// A subscription that is not of one field.
    NotOneField,
}

impl Operations {
    /// None yet, of up to `max`.
    #[must_use]
    pub fn new(schema: BankSchema, max: u32) -> Self {
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        Self { schema, running: SelectAll::new(), handles: HashMap::new(), max }
    }

    /// Begins an operation. In the older words, one of the same id is replaced.
    ///
    /// # Errors
    /// [`NotBegun`] when it may not run.
    pub fn begin(&mut self, id: String, words: Words, mut request: Request) -> Result<(), NotBegun> {
        let id: Arc<str> = id.into();
        if words == Words::Older {
            self.end(&id);
        }
        if self.handles.contains_key(&id) {
            return Err(NotBegun::SameId);
        }
        if self.handles.len() >= self.max {
            return Err(NotBegun::TooMany);
        }
        // What cannot be parsed is answered by the schema.
        if request.parsed_query().is_ok_and(|document| !is_one_field_each(document)) {
            return Err(NotBegun::NotOneField);
        }
        let behind = FellBehind::default();
        let results = self.schema.execute_stream(request.data(behind.clone()));
        let (results, handle) = abortable(results.map(move |response| noting(response, &behind)));
        let of = Arc::clone(&id);
        let step = move |result| Step { id: Arc::clone(&of), words, result };
        let ended = handle.clone();
        let end = async move { (!ended.is_aborted()).then_some(None) };
        let steps = results.map(Some).chain(end.into_stream().filter_map(std::future::ready)).map(step);
        self.handles.insert(id, (words, handle));
        self.running.push(steps.boxed());
        Ok(())
    }

    /// Ends an operation; `false` when there is none.
    pub fn end(&mut self, id: &str) -> bool {
        let Some((_, handle)) = self.handles.remove(id) else { return false };
        handle.abort();
        true
    }

    /// Waits for what an operation comes to; for ever while none runs.
    pub async fn next(&mut self) -> Step {
        loop {
            match self.running.next().await {
                Some(step) => {
                    if step.result.is_none() {
                        self.handles.remove(&step.id);
                    }
                    return step;
                }
                None => std::future::pending().await,
            }
        }
    }

    /// What an operation has come to already.
    pub fn ready(&mut self) -> Option<Step> {
        self.next().now_or_never()
    }
}

/// Tells a subscriber that fell behind that it did: with the first result after it, as an extension.
fn noting(mut response: Response, behind: &FellBehind) -> Response {
    let times = behind.take();
    if times > 0 {
        let note = Value::from_json(serde_json::json!({ "times": times, "continued_from": "database" }));
        response.extensions.insert("fell_behind".to_owned(), note.unwrap_or_default());
    }
    response
}
