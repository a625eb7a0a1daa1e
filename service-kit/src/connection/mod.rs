//! Connections with bounded memory, whatever the client does.
//!
//! actix-http parses every request it has read, up to 128 KiB of them, before it answers the first: 7 kB of memory for
//! each 20 bytes a client sends. It also writes empty responses into an unbounded buffer. A [`Connection`] therefore passes
//! on one request at a time: one request head, and further bytes only when a handler reads the body or once the response
//! has been written. Everything else stays in the kernel's buffer, and when that is full, with the client.

mod exchange;
mod flow;
mod incoming;
mod refusal;

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

pub(crate) use self::exchange::exchange;
pub(crate) use self::flow::Flow;
use self::incoming::Incoming;
use self::refusal::Refusal;

/// Maximum time for a client to read the content of the write buffer, up to 48 KiB. A phone with a bad signal, at 2 kB per
/// second, is fast enough; the connection of a client that reads nothing is closed.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// A TCP connection whose bytes reach actix-http one request at a time.
pub(crate) struct Connection {
    stream: TcpStream,
    flow: Rc<Flow>,
    incoming: Incoming,
    /// A blank line was passed on. The dispatcher may have a complete request now, and runs it before it gets more bytes.
    paused: bool,
    /// Something was written since the last flush.
    unflushed: bool,
    /// Sent instead of the response of the parser.
    refusal: Option<Refusal>,
    /// Set while the client does not read the response.
    write_deadline: Option<Pin<Box<Sleep>>>,
    /// Set while the client is sending a request head.
    head_deadline: Option<Pin<Box<Sleep>>>,
    head_timeout: Duration,
}

impl Connection {
    /// Wraps an accepted connection. Its second and later request heads must be complete within `head_timeout`; actix-http
    /// limits the first.
    pub(crate) fn new(stream: TcpStream, head_timeout: Duration) -> Self {
        // If it fails, responses are slower, not wrong.
        let _ = stream.set_nodelay(true);
        Self {
            stream,
            flow: Rc::default(),
            incoming: Incoming::default(),
            paused: false,
            unflushed: false,
            refusal: None,
            write_deadline: None,
            head_deadline: None,
            head_timeout,
        }
    }

    /// The state that this connection shares with the requests it carries.
    pub(crate) fn flow(&self) -> Rc<Flow> {
        Rc::clone(&self.flow)
    }

    /// Waits until more bytes may be passed on or the client hangs up, in which case its request is dropped. If the client
    /// sent more bytes before it hung up, this is noticed later.
    fn wait(&mut self, context: &mut Context<'_>, paused: bool) -> Poll<io::Result<()>> {
        if self.incoming.is_empty() {
            let mut next = [0];
            match self.stream.poll_peek(context, &mut ReadBuf::new(&mut next)) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(0)) => return Poll::Ready(Ok(())),
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            }
        }
        if paused {
            context.waker().wake_by_ref();
        } else {
            self.flow.wake_when_open(context.waker());
        }
        Poll::Pending
    }

    /// Fails once the client has taken too long to send a request head.
    fn poll_head_deadline(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        if !self.flow.is_within_later_head() {
            return Poll::Pending;
        }
        let timeout = self.head_timeout;
        let deadline = self.head_deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        ready!(deadline.as_mut().poll(context));
        Poll::Ready(io::ErrorKind::TimedOut.into())
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let paused = std::mem::take(&mut this.paused);
        if paused || this.write_deadline.is_some() || !this.flow.is_open() {
            return this.wait(context, paused);
        }
        if !this.flow.is_within_later_head() {
            this.head_deadline = None;
        }
        if this.incoming.is_empty() {
            match this.incoming.poll_fill(&mut this.stream, context) {
                Poll::Pending => return this.poll_head_deadline(context).map(Err),
                Poll::Ready(filled) => filled?,
            }
        }
        let part = this.incoming.take(buffer.remaining());
        buffer.put_slice(part.bytes);
        this.paused = part.ends_with_blank_line;
        if !part.bytes.is_empty() {
            this.flow.passed_on();
        }
        this.incoming.release();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if !std::mem::replace(&mut this.unflushed, true) {
            this.refusal = Refusal::in_place_of(bytes);
        }
        let outcome = match &mut this.refusal {
            Some(refusal) => refusal.poll_write(&mut this.stream, context),
            None => Pin::new(&mut this.stream).poll_write(context, bytes),
        };
        if outcome.is_ready() {
            this.refusal = None;
            return outcome;
        }
        // Progress does not extend it: otherwise a byte now and then would keep the connection open forever.
        let deadline = this.write_deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(WRITE_TIMEOUT)));
        ready!(deadline.as_mut().poll(context));
        tracing::debug!("connection closed: the client does not read");
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// The dispatcher flushes once all of its buffer has been accepted.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.unflushed = false;
        if this.write_deadline.take().is_some() {
            context.waker().wake_by_ref();
        }
        Pin::new(&mut this.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::time::Instant;

    use super::*;

    const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

    /// A client, and its connection as the server has it.
    async fn connected() -> (TcpStream, Connection) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        (client, Connection::new(stream, HEAD_TIMEOUT))
    }

    /// Whether the connection passes on bytes that have arrived, and how many.
    async fn passed_on(connection: &mut Connection) -> Option<usize> {
        // A paused connection wakes its reader once.
        let mut buffer = [0; 1000];
        tokio::time::timeout(Duration::from_millis(100), connection.read(&mut buffer))
            .await
            .ok()
            .map(Result::unwrap)
    }

    #[tokio::test]
    async fn a_second_request_is_passed_on_once_the_first_has_been_answered() {
        let (mut client, mut connection) = connected().await;
        client.write_all(b"POST / HTTP/1.1\r\n\r\n{body}GET / HTTP/1.1\r\n\r\n").await.unwrap();
        assert_eq!(passed_on(&mut connection).await, Some(19));
        connection.flow().begin();
        assert_eq!(passed_on(&mut connection).await, None);
        connection.flow().want_body();
        assert_eq!(passed_on(&mut connection).await, Some(24), "more than the body, but one head at most");
        assert_eq!(passed_on(&mut connection).await, None);
        connection.flow().end();
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        assert_eq!(passed_on(&mut connection).await, Some(18));
    }

    #[tokio::test]
    async fn a_reader_that_waits_is_woken_when_the_response_has_been_written() {
        let (mut client, mut connection) = connected().await;
        client.write_all(b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n").await.unwrap();
        assert_eq!(passed_on(&mut connection).await, Some(18));
        let flow = connection.flow();
        flow.begin();
        let end = async {
            tokio::task::yield_now().await;
            flow.end();
        };
        let (next, ()) = tokio::join!(passed_on(&mut connection), end);
        assert_eq!(next, Some(18));
    }

    #[tokio::test(start_paused = true)]
    async fn the_connection_of_a_client_that_reads_nothing_is_closed() {
        let (_client, mut connection) = connected().await;
        let start = Instant::now();
        let error = connection.write_all(&vec![0; 64 * 1024 * 1024]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(start.elapsed() >= WRITE_TIMEOUT && start.elapsed() < WRITE_TIMEOUT * 2);
    }

    #[tokio::test]
    async fn nothing_is_read_from_a_client_that_does_not_read() {
        let (mut client, mut connection) = connected().await;
        let response = vec![0; 64 * 1024 * 1024];
        let written = tokio::time::timeout(Duration::from_millis(100), connection.write_all(&response)).await;
        assert!(written.is_err());
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        assert_eq!(passed_on(&mut connection).await, None);
        connection.flush().await.unwrap();
        assert_eq!(passed_on(&mut connection).await, Some(18));
    }

    #[tokio::test(start_paused = true)]
    async fn an_incomplete_later_head_closes_the_connection() {
        let (mut client, mut connection) = connected().await;
        connection.flow().begin();
        connection.flow().end();
        client.write_all(b"GET / HT").await.unwrap();
        let mut buffer = [0; 1000];
        assert_eq!(connection.read(&mut buffer).await.unwrap(), 8);
        let start = Instant::now();
        let error = connection.read(&mut buffer).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(start.elapsed() >= HEAD_TIMEOUT && start.elapsed() < HEAD_TIMEOUT * 2);
    }
}
