//! Exchanges statements and their results over a connection (version 3 of PostgreSQL's protocol).
//!
//! tokio-postgres ends every message of a pipeline with a `Sync`, and hands it to a task of its own. Here one `Sync` ends all
//! statements of a transaction: PostgreSQL answers them with one packet, and no `BEGIN` or `COMMIT` is needed, because
//! statements up to a `Sync` are one transaction. The task that waits for the result does the reading.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use futures_util::FutureExt;
use futures_util::task::noop_waker_ref;
use postgres_protocol::IsNull;
use postgres_protocol::message::backend::{Field, Message, RowDescriptionBody};
use postgres_protocol::message::frontend;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio_postgres::types::{self, Type};

use super::executor::Outcome;
use super::handover::Stream;
use super::parameter::Parameter;
use super::pooler::Pooler;
use crate::store::{Column, QueryError, Row, ServerError};

/// A statement and its parameters.
pub(super) type Call<'a> = (&'static str, &'a [&'a dyn Parameter]);

/// Free memory before each read. PostgreSQL sends up to 8 KiB at once; a page of a list fits into two of these.
const READ_SIZE: usize = 16 * 1024;
/// Memory that is kept for the next statement. Only imports send more.
const KEPT: usize = 64 * 1024;
/// The binary format of PostgreSQL's protocol.
const BINARY: i16 = 1;

/// The prefix of statement names of this process: 122 random bits. Behind a pooler that switches server connections, one
/// process's name would otherwise collide with another's, and PostgreSQL would run the statement it has under that name. With
/// the prefix, a collision is an error (SQLSTATE 26000).
static PREFIX: LazyLock<String> = LazyLock::new(|| format!("{}_s", uuid::Uuid::new_v4().simple()));

/// A statement that PostgreSQL has parsed.
#[derive(Clone)]
struct Prepared {
    name: Arc<str>,
    columns: Arc<[Column]>,
}

/// A statement that was sent.
struct Sent {
    text: &'static str,
    name: Arc<str>,
    /// `None` if PostgreSQL parses it now, and then describes its columns.
    columns: Option<Arc<[Column]>>,
}

/// A connection after the login.
pub(super) struct Exchange {
    stream: Box<dyn Stream>,
    incoming: BytesMut,
    outgoing: BytesMut,
    pooler: Pooler,
    /// Keyed by the location of the constant text, so that no text is hashed for a statement that is sent.
    prepared: HashMap<(usize, usize), Prepared>,
    /// How many statements were named.
    named: usize,
    /// Responses to earlier messages that nobody waited for.
    unread: usize,
}

impl Exchange {
    /// Creates a connection that prepares no statements.
    pub(super) fn new(stream: Box<dyn Stream>) -> Self {
        Self {
            stream,
            incoming: BytesMut::new(),
            outgoing: BytesMut::new(),
            pooler: Pooler::Transaction,
            prepared: HashMap::new(),
            named: 0,
            unread: 0,
        }
    }

    /// Declares the pooler in front of the database.
    pub(super) fn with_pooler(self, pooler: Pooler) -> Self {
        Self { pooler, ..self }
    }

    /// Runs statements as one transaction, in one round trip. Returns the outcome of the last.
    ///
    /// All of it is written before the first response is read. If the future is dropped, the server runs the whole
    /// transaction or, if not all of it has arrived, nothing.
    pub(super) async fn run<const N: usize>(&mut self, calls: [Call<'_>; N]) -> Result<Outcome, QueryError> {
        self.outgoing.clear();
        let mut sent = Vec::with_capacity(N);
        for call in calls {
            sent.push(self.encode(call)?);
        }
        frontend::sync(&mut self.outgoing);
        self.send().await?;
        let mut outcome = Outcome::default();
        for statement in sent {
            match self.outcome(statement).await {
                Ok(next) => outcome = next,
                // The server skips the rest.
                Err(QueryError::Server(error)) => return Err(self.rejected(error).await),
                Err(error) => return Err(error),
            }
        }
        self.until_ready().await?;
        Ok(outcome)
    }

    /// Runs statements that have no parameters. Returns the first value of the first row, if there is one.
    pub(super) async fn batch(&mut self, sql: &'static str) -> Result<Option<String>, QueryError> {
        self.outgoing.clear();
        frontend::query(sql, &mut self.outgoing)?;
        self.send().await?;
        let mut value = None;
        loop {
            match self.next().await? {
                Message::ReadyForQuery(_) => return Ok(value),
                Message::DataRow(row) if value.is_none() => {
                    let range = row.ranges().next()?.flatten();
                    let text = range.and_then(|range| row.buffer().get(range));
                    value = text.map(|text| String::from_utf8_lossy(text).into_owned());
                }
                Message::ErrorResponse(body) => return Err(self.rejected(ServerError::read(&body)?).await),
                _ => {}
            }
        }
    }

    /// Asks the server in one round trip whether it is read-only: a standby, or configured so.
    pub(super) async fn is_read_only(&mut self) -> Result<bool, QueryError> {
        Ok(self.batch("SHOW transaction_read_only").await?.as_deref() == Some("on"))
    }

    /// Sends a statement without waiting for its response, which the next exchange reads first. Returns whether it could be
    /// sent at once.
    pub(super) fn post(&mut self, sql: &'static str) -> bool {
        self.outgoing.clear();
        let sent = frontend::query(sql, &mut self.outgoing).is_ok()
            && matches!(self.write().now_or_never(), Some(Ok(())));
        self.unread += usize::from(sent);
        sent
    }

    /// Whether the server has closed the connection, or said that it will.
    pub(super) fn is_closed(&mut self) -> bool {
        let mut context = Context::from_waker(noop_waker_ref());
        let mut bytes = [0; 512];
        loop {
            let mut buffer = ReadBuf::new(&mut bytes);
            match Pin::new(&mut self.stream).poll_read(&mut context, &mut buffer) {
                Poll::Pending => break,
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    self.incoming.extend_from_slice(buffer.filled());
                }
                Poll::Ready(Ok(()) | Err(_)) => return true,
            }
        }
        loop {
            match Message::parse(&mut self.incoming) {
                Ok(None) => return false,
                Ok(Some(Message::ReadyForQuery(_))) => self.unread = self.unread.saturating_sub(1),
                Ok(Some(Message::ErrorResponse(_))) | Err(_) => return true,
                Ok(Some(_)) => {}
            }
        }
    }

    /// Appends a statement to what is sent.
    fn encode(&mut self, (text, parameters): Call<'_>) -> Result<Sent, QueryError> {
        let sent = match self.prepared.get(&place(text)) {
            Some(Prepared { name, columns }) => {
                Sent { text, name: Arc::clone(name), columns: Some(Arc::clone(columns)) }
            }
            None => {
                let name = self.new_name();
                let types = parameters.iter().map(|parameter| parameter.sql_type().oid());
                frontend::parse(&name, text, types, &mut self.outgoing)?;
                frontend::describe(b'S', &name, &mut self.outgoing)?;
                Sent { text, name, columns: None }
            }
        };
        let serialize = |parameter: &&dyn Parameter, buffer: &mut BytesMut| {
            Ok(match parameter.to_sql_checked(&parameter.sql_type(), buffer)? {
                types::IsNull::Yes => IsNull::Yes,
                types::IsNull::No => IsNull::No,
            })
        };
        frontend::bind("", &sent.name, [BINARY], parameters, serialize, [BINARY], &mut self.outgoing)?;
        frontend::execute("", 0, &mut self.outgoing)?;
        Ok(sent)
    }

    /// The name of a statement that is prepared now: empty, which is a statement that the next one replaces, if no statement
    /// may remain on the server.
    fn new_name(&mut self) -> Arc<str> {
        match self.pooler {
            Pooler::Transaction => Arc::from(""),
            Pooler::None => {
                self.named += 1;
                format!("{}{}", *PREFIX, self.named).into()
            }
        }
    }

    /// Reads the responses to one statement.
    async fn outcome(&mut self, mut sent: Sent) -> Result<Outcome, QueryError> {
        let mut outcome = Outcome::default();
        loop {
            match self.next().await? {
                Message::RowDescription(body) => self.described(&mut sent, columns(&body)?),
                Message::NoData => self.described(&mut sent, Arc::new([])),
                Message::DataRow(row) => {
                    let columns = sent.columns.as_ref();
                    let columns = columns.ok_or(QueryError::Protocol("a row without a description"))?;
                    let values = row.ranges().collect()?;
                    outcome.rows.push(Row::new(columns, row.buffer_bytes().clone(), values)?);
                }
                Message::CommandComplete(body) => {
                    // "INSERT 0 1", "UPDATE 1", "SELECT 1"
                    let count = body.tag()?.rsplit(' ').next().and_then(|count| count.parse().ok());
                    outcome.affected = count.unwrap_or(0);
                    return Ok(outcome);
                }
                Message::EmptyQueryResponse => return Ok(outcome),
                Message::ErrorResponse(body) => return Err(ServerError::read(&body)?.into()),
                Message::ParseComplete | Message::ParameterDescription(_) | Message::BindComplete => {}
                _ => return Err(QueryError::Protocol("a message that does not belong to a statement")),
            }
        }
    }

    /// Records that PostgreSQL has parsed a statement. It stays prepared even if its transaction fails.
    fn described(&mut self, sent: &mut Sent, columns: Arc<[Column]>) {
        if self.pooler == Pooler::None {
            let prepared = Prepared { name: Arc::clone(&sent.name), columns: Arc::clone(&columns) };
            self.prepared.insert(place(sent.text), prepared);
        }
        sent.columns = Some(columns);
    }

    /// Reads what follows an error, and returns the error.
    async fn rejected(&mut self, error: Box<ServerError>) -> QueryError {
        if !error.ends_connection()
            && let Err(broken) = self.until_ready().await
        {
            return broken;
        }
        error.into()
    }

    async fn until_ready(&mut self) -> Result<(), QueryError> {
        while !matches!(self.next().await?, Message::ReadyForQuery(_)) {}
        Ok(())
    }

    async fn send(&mut self) -> Result<(), QueryError> {
        self.write().await?;
        while self.unread > 0 {
            self.until_ready().await?;
            self.unread -= 1;
        }
        Ok(())
    }

    async fn write(&mut self) -> io::Result<()> {
        self.stream.write_all(&self.outgoing).await?;
        if self.outgoing.capacity() > KEPT {
            self.outgoing = BytesMut::new();
        }
        self.stream.flush().await
    }

    /// Reads the next message, except those that PostgreSQL may send at any time.
    async fn next(&mut self) -> Result<Message, QueryError> {
        loop {
            match Message::parse(&mut self.incoming)? {
                Some(
                    Message::NoticeResponse(_)
                    | Message::ParameterStatus(_)
                    | Message::NotificationResponse(_),
                ) => {}
                Some(message) => return Ok(message),
                None => {
                    self.incoming.reserve(READ_SIZE);
                    if self.stream.read_buf(&mut self.incoming).await? == 0 {
                        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
                    }
                }
            }
        }
    }
}

/// Identifies a constant text by its location.
fn place(text: &'static str) -> (usize, usize) {
    (text.as_ptr().addr(), text.len())
}

fn columns(body: &RowDescriptionBody) -> io::Result<Arc<[Column]>> {
    let column = |field: Field<'_>| {
        // Types that PostgreSQL does not have built in cannot be read.
        let sql_type = Type::from_oid(field.type_oid()).unwrap_or(Type::UNKNOWN);
        Ok(Column { name: field.name().to_owned(), sql_type })
    };
    Ok(body.fields().map(column).collect::<Vec<_>>()?.into())
}
