//! Received bytes that have not been passed on.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;

/// Size of the buffer. Most requests are smaller.
const SIZE: usize = 4096;

thread_local! {
    /// The buffer that was used last on this thread. Idle connections have none: there can be thousands.
    static SPARE: Cell<Option<Buffer>> = const { Cell::new(None) };
}

type Buffer = Box<[u8; SIZE]>;

/// A small buffer that is read up to the next blank line.
pub(super) struct Incoming {
    /// `None` while it is empty.
    buffer: Option<Buffer>,
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
        Self { buffer: None, start: 0, end: 0, line_is_blank: true }
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
        ready!(stream.poll_read_ready(context))?;
        let mut buffer = SPARE.take().unwrap_or_else(|| Box::new([0; SIZE]));
        let mut read = ReadBuf::new(buffer.as_mut_slice());
        let outcome = Pin::new(stream).poll_read(context, &mut read);
        (self.start, self.end) = (0, read.filled().len());
        self.buffer = Some(buffer);
        self.release();
        outcome
    }

    /// Gives the buffer back once it is empty.
    pub(super) fn release(&mut self) {
        if self.is_empty()
            && let Some(buffer) = self.buffer.take()
        {
            SPARE.set(Some(buffer));
        }
    }

    /// Takes bytes up to and including the next blank line, but no more than `most`.
    ///
    /// A request head ends with a blank line, so a part completes one head at most. Blank lines elsewhere, e.g. in a body,
    /// only make parts smaller.
    pub(super) fn take(&mut self, most: usize) -> Part<'_> {
        let end = self.end.min(self.start.saturating_add(most));
        let buffer = self.buffer.as_ref().map_or(&[][..], |buffer| buffer.as_slice());
        let bytes = buffer.get(self.start..end).unwrap_or_default();
        let blank_line = end_of_blank_line(bytes, &mut self.line_is_blank);
        let bytes = blank_line.and_then(|last| bytes.get(..=last)).unwrap_or(bytes);
        self.start += bytes.len();
        Part { bytes, ends_with_blank_line: blank_line.is_some() }
    }
}

/// Finds the line feed that ends the first blank line. `line_is_blank` is whether what came before `bytes` ends with the
/// beginning of one; afterwards, whether `bytes` do.
fn end_of_blank_line(bytes: &[u8], line_is_blank: &mut bool) -> Option<usize> {
    let is_blank = |line: Option<&[u8]>| line.unwrap_or_default().iter().all(|byte| *byte == b'\r');
    let mut line_start = 0;
    for line_feed in memchr::memchr_iter(b'\n', bytes) {
        let ends_blank_line = *line_is_blank && is_blank(bytes.get(line_start..line_feed));
        *line_is_blank = true;
        if ends_blank_line {
            return Some(line_feed);
        }
        line_start = line_feed + 1;
    }
    *line_is_blank &= is_blank(bytes.get(line_start..));
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holding(bytes: &[u8]) -> Incoming {
        let mut incoming = Incoming::default();
        let mut buffer = Box::new([0; SIZE]);
        buffer[..bytes.len()].copy_from_slice(bytes);
        (incoming.buffer, incoming.end) = (Some(buffer), bytes.len());
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
