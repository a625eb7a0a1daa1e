//! Unique names for prepared statements.
//!
//! The driver names them `s0`, `s1` and so on, in every process. Behind a pooler that switches server connections, one
//! replica's `s5` can collide with another's, and PostgreSQL runs the statement it has under that name. Therefore each
//! process adds a random prefix to every name it sends. A collision is then an error (SQLSTATE 26000), never another
//! statement.

use std::io;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BufMut, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// The prefix of this process: 122 random bits. With the driver's number it fits into the 63 bytes of a name that
/// PostgreSQL compares.
static PREFIX: LazyLock<String> = LazyLock::new(|| format!("{}_", uuid::Uuid::new_v4().simple()));

/// The version number in the startup message. The TLS request, which may precede it, has another number.
const PROTOCOL_3: u32 = 3 << 16;

/// A stream that prefixes statement names in everything written to it. Reads are unchanged.
pub(super) struct Named<S> {
    stream: S,
    rewriter: Rewriter,
    /// Rewritten bytes that the stream has not accepted yet.
    waiting: BytesMut,
}

impl<S> Named<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, rewriter: Rewriter::default(), waiting: BytesMut::new() }
    }
}

/// A TLS connector underneath the rewriting: names are rewritten before they are encrypted.
pub(super) struct TlsBelow<T>(pub T);

impl<S, T> TlsConnect<Named<S>> for TlsBelow<T>
where
    T: TlsConnect<S>,
    T::Future: Send + 'static,
    T::Error: 'static,
{
    type Stream = Named<T::Stream>;
    type Error = T::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, T::Error>> + Send>>;

    fn connect(self, named: Named<S>) -> Self::Future {
        // Nothing is buffered here: the driver has read the response to its TLS request.
        let connecting = self.0.connect(named.stream);
        Box::pin(async move { Ok(Named::new(connecting.await?)) })
    }
}

impl<S: TlsStream + Unpin> TlsStream for Named<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.stream.channel_binding()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Named<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> Named<S> {
    fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.waiting.has_remaining() {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &self.waiting))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.waiting.advance(written),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Named<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        // Buffers one write at a time, so that backpressure reaches the writer.
        ready!(this.poll_waiting(cx))?;
        this.rewriter.rewrite(buf, &PREFIX, &mut this.waiting)?;
        if let Poll::Ready(Err(error)) = this.poll_waiting(cx) {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_waiting(cx))?;
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_waiting(cx))?;
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}

/// Parses the frontend messages of PostgreSQL's protocol (version 3).
#[derive(Default)]
struct Rewriter {
    /// Whether the startup message was sent. From then on each message begins with a type byte.
    started: bool,
    /// The beginning of a message that is not complete yet.
    partial: BytesMut,
}

impl Rewriter {
    /// Appends `input` to `output`, with the names of statements prefixed.
    fn rewrite(&mut self, input: &[u8], prefix: &str, output: &mut BytesMut) -> io::Result<()> {
        if self.partial.is_empty() {
            let rest = self.whole_messages(input, prefix, output)?;
            self.partial.extend_from_slice(rest);
        } else {
            let mut partial = std::mem::take(&mut self.partial);
            partial.extend_from_slice(input);
            let rest = self.whole_messages(&partial, prefix, output)?.len();
            partial.advance(partial.len() - rest);
            self.partial = partial;
        }
        Ok(())
    }

    /// Returns the rest of the input, which is not a whole message yet.
    fn whole_messages<'a>(
        &mut self,
        mut input: &'a [u8],
        prefix: &str,
        output: &mut BytesMut,
    ) -> io::Result<&'a [u8]> {
        loop {
            let (kind, rest) = match input.split_first() {
                Some((kind, rest)) if self.started => (Some(*kind), rest),
                _ => (None, input),
            };
            let Some(length) = rest.first_chunk().map(|bytes| u32::from_be_bytes(*bytes)) else {
                return Ok(input);
            };
            // The length counts itself, and not the type.
            let length = usize::try_from(length).ok().filter(|length| *length >= 4).ok_or_else(malformed)?;
            let Some((message, next)) = rest.split_at_checked(length) else { return Ok(input) };
            match (kind, message.get(4..).unwrap_or_default()) {
                (Some(kind), body) => write(kind, body, prefix, output)?,
                (None, body) => {
                    let version = body.first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
                    self.started = version == Some(PROTOCOL_3);
                    output.put_slice(message);
                }
            }
            input = next;
        }
    }
}

/// Writes one message, with the prefix if it contains the name of a statement.
fn write(kind: u8, body: &[u8], prefix: &str, output: &mut BytesMut) -> io::Result<()> {
    // Where the name begins: first in Parse, after the portal in Bind, after the kind in Close and Describe.
    let at = match (kind, body.first()) {
        (b'P', _) => 0,
        (b'B', _) => body.iter().position(|byte| *byte == 0).ok_or_else(malformed)? + 1,
        (b'C' | b'D', Some(b'S')) => 1,
        _ => body.len(),
    };
    let (before, name) = body.split_at_checked(at).ok_or_else(malformed)?;
    // The unnamed statement keeps its name.
    let prefix = if name.first().is_none_or(|first| *first == 0) { "" } else { prefix };
    let length = u32::try_from(4 + body.len() + prefix.len()).map_err(|_| malformed())?;
    output.put_u8(kind);
    output.put_u32(length);
    output.put_slice(before);
    output.put_slice(prefix.as_bytes());
    output.put_slice(name);
    Ok(())
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a message to PostgreSQL is malformed")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut message = vec![kind];
        message.extend((4 + u32::try_from(body.len()).unwrap()).to_be_bytes());
        message.extend(body);
        message
    }

    fn start_up() -> Vec<u8> {
        let mut message = 8_u32.to_be_bytes().to_vec();
        message.extend(80_877_103_u32.to_be_bytes());
        message.extend(17_u32.to_be_bytes());
        message.extend(PROTOCOL_3.to_be_bytes());
        message.extend(b"user\0a\0P\0");
        message
    }

    fn rewritten(pieces: &[&[u8]]) -> Vec<u8> {
        let (mut rewriter, mut output) = (Rewriter::default(), BytesMut::new());
        for piece in pieces {
            rewriter.rewrite(piece, "me_", &mut output).unwrap();
        }
        output.to_vec()
    }

    /// The driver's messages, and the expected output.
    fn conversation() -> (Vec<u8>, Vec<u8>) {
        let changed: [(u8, &[u8], &[u8]); 9] = [
            (b'P', b"s1\0SELECT 1\0\0\0", b"me_s1\0SELECT 1\0\0\0"),
            (b'P', b"\0SELECT 's1'\0\0\0", b"\0SELECT 's1'\0\0\0"),
            (b'B', b"\0s1\0rest", b"\0me_s1\0rest"),
            (b'B', b"portal\0s12\0", b"portal\0me_s12\0"),
            (b'B', b"\0\0rest", b"\0\0rest"),
            (b'D', b"Ss1\0", b"Sme_s1\0"),
            (b'D', b"Pp1\0", b"Pp1\0"),
            (b'C', b"Ss1\0", b"Sme_s1\0"),
            (b'Q', b"SELECT 's1'\0", b"SELECT 's1'\0"),
        ];
        let (mut input, mut output) = (start_up(), start_up());
        for (kind, before, after) in changed {
            input.extend(message(kind, before));
            output.extend(message(kind, after));
        }
        (input, output)
    }

    #[test]
    fn names_of_statements_are_prefixed_and_nothing_else_changes() {
        let (input, output) = conversation();
        assert_eq!(rewritten(&[&input]), output);
    }

    #[test]
    fn an_invalid_length_is_an_error() {
        let mut input = start_up();
        input.extend([b'P', 0, 0, 0, 3]);
        let (mut rewriter, mut output) = (Rewriter::default(), BytesMut::new());
        assert!(rewriter.rewrite(&input, "me_", &mut output).is_err());
    }

    #[test]
    fn a_prefix_leaves_room_for_the_drivers_number() {
        assert!(PREFIX.len() + "s18446744073709551615".len() <= 63, "{}", *PREFIX);
    }

    proptest! {
        #[test]
        fn messages_may_be_split_anywhere(cuts in prop::collection::vec(0_usize..400, 0..8)) {
            let (input, output) = conversation();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(input.len())).collect();
            cuts.extend([0, input.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &input[pair[0]..pair[1]]).collect();
            prop_assert_eq!(rewritten(&pieces), output);
        }
    }
}
