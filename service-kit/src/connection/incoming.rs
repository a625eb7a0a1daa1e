//! Received bytes that have not been passed on.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;

/// Size of the buffer, which exists as long as the connection. Most requests are smaller.
const SIZE: usize = 4096;

/// A small buffer that is read up to the next blank line.
pub(super) struct Incoming {
    buffer: Box<[u8; SIZE]>,
    start: usize,
    end: usize,
    /// Nothing but carriage returns since the last line feed.
    line_is_blank: bool,
}

/// Bytes to pass on.
pub(super) struct Part<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) ends_with_blank_line: bool,
}

impl Default for Incoming {
    fn default() -> Self {
        Self { buffer: Box::new([0; SIZE]), start: 0, end: 0, line_is_blank: true }
    }
}

impl Incoming {
    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Reads what has arrived into the empty buffer. It stays empty at the end of the stream.
    pub(super) fn poll_fill(
        &mut self,
        stream: &mut TcpStream,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let mut buffer = ReadBuf::new(self.buffer.as_mut_slice());
        ready!(Pin::new(stream).poll_read(context, &mut buffer))?;
        (self.start, self.end) = (0, buffer.filled().len());
        Poll::Ready(Ok(()))
    }

    /// Takes bytes up to and including the next blank line, but no more than `most`.
    ///
    /// A request head ends with a blank line, so a part completes one head at most. Blank lines elsewhere, e.g. in a body,
    /// only make parts smaller.
    pub(super) fn take(&mut self, most: usize) -> Part<'_> {
        let end = self.end.min(self.start.saturating_add(most));
        let bytes = self.buffer.get(self.start..end).unwrap_or_default();
        let blank_line = bytes.iter().position(|byte| {
            let ends_blank_line = *byte == b'\n' && self.line_is_blank;
            self.line_is_blank = *byte == b'\n' || (self.line_is_blank && *byte == b'\r');
            ends_blank_line
        });
        let bytes = blank_line.and_then(|last| bytes.get(..=last)).unwrap_or(bytes);
        self.start += bytes.len();
        Part { bytes, ends_with_blank_line: blank_line.is_some() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holding(bytes: &[u8]) -> Incoming {
        let mut incoming = Incoming::default();
        incoming.buffer[..bytes.len()].copy_from_slice(bytes);
        incoming.end = bytes.len();
        incoming
    }

    fn parts(bytes: &[u8], most: usize) -> Vec<(Vec<u8>, bool)> {
        let mut incoming = holding(bytes);
        let mut parts = Vec::new();
        while !incoming.is_empty() {
            let part = incoming.take(most);
            parts.push((part.bytes.to_vec(), part.ends_with_blank_line));
        }
        parts
    }

    #[test]
    fn a_part_ends_with_the_blank_line_that_ends_a_head() {
        let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec();
        let bare = b"GET / HTTP/1.1\n\n".to_vec();
        let all = [request.as_slice(), &bare, &request, b"GET"].concat();
        let expected = [(request.clone(), true), (bare, true), (request, true), (b"GET".to_vec(), false)];
        assert_eq!(parts(&all, 1000), expected);
    }

    proptest! {
        /// The same blank lines are found however the bytes are split, and no byte is lost.
        #[test]
        fn blank_lines_are_found_however_the_bytes_are_cut(text in "[a\r\n]{0,200}", most in 1..20_usize) {
            let bytes = text.as_bytes();
            let (whole, cut) = (parts(bytes, SIZE), parts(bytes, most));
            let joined = |parts: &[(Vec<u8>, bool)]| parts.iter().flat_map(|(part, _)| part.clone()).collect::<Vec<_>>();
            let lines = |parts: &[(Vec<u8>, bool)]| parts.iter().filter(|(_, blank)| *blank).count();
            prop_assert_eq!(joined(&cut), bytes);
            prop_assert_eq!(lines(&cut), lines(&whole));
            for (part, _) in cut {
                let inner = part.get(..part.len() - 1).unwrap();
                prop_assert!(!inner.windows(2).any(|pair| pair == b"\n\n"));
            }
        }
    }
}
