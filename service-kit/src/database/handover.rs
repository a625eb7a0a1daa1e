//! Takes a stream back from the driver once it is connected.
//!
//! The driver negotiates TLS and logs in, in all the ways that PostgreSQL offers. Then the driver is dropped, and statements
//! are exchanged over its stream directly.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// A connected stream: TCP, TLS or a Unix socket.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for S {}

/// Where a [`Lent`] stream ends up when the driver is dropped.
#[derive(Clone, Default)]
pub(super) struct Lender(Arc<Mutex<Option<Box<dyn Stream>>>>);

impl Lender {
    /// Lends a stream to the driver.
    pub(super) fn lend<S: Stream + 'static>(&self, stream: S) -> Lent<S> {
        Lent { stream: Some(stream), lender: self.clone() }
    }

    /// Takes the stream back.
    ///
    /// # Errors
    /// If the driver still has it.
    pub(super) fn take_back(&self) -> io::Result<Box<dyn Stream>> {
        let returned = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        returned.ok_or_else(|| io::Error::other("the driver kept its stream"))
    }
}

/// A stream that its lender gets back when this is dropped.
pub(super) struct Lent<S: Stream + 'static> {
    /// `None` once it is returned, or encrypted by another stream.
    stream: Option<S>,
    lender: Lender,
}

impl<S: Stream + 'static> Lent<S> {
    fn stream(&mut self) -> io::Result<Pin<&mut S>> {
        self.stream.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl<S: Stream + 'static> Drop for Lent<S> {
    fn drop(&mut self) {
        if let Some(stream) = self.stream.take() {
            *self.lender.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(stream));
        }
    }
}

impl<S: Stream + 'static> AsyncRead for Lent<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream()?.poll_read(context, buffer)
    }
}

impl<S: Stream + 'static> AsyncWrite for Lent<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(context)
    }
}

impl<S: Stream + TlsStream + 'static> TlsStream for Lent<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.stream.as_ref().map_or_else(ChannelBinding::none, TlsStream::channel_binding)
    }
}

/// A TLS connector that lends out the encrypted stream instead of the one below it.
pub(super) struct LendingTls<T>(pub T);

impl<S, T> TlsConnect<Lent<S>> for LendingTls<T>
where
    S: Stream + 'static,
    T: TlsConnect<S>,
    T::Stream: Stream + 'static,
    T::Future: Send + 'static,
    T::Error: From<io::Error> + 'static,
{
    type Stream = Lent<T::Stream>;
    type Error = T::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, T::Error>> + Send>>;

    fn connect(self, mut lent: Lent<S>) -> Self::Future {
        let lender = lent.lender.clone();
        // Nothing is buffered here: the driver has read the response to its TLS request.
        let connecting = lent.stream.take().map(|stream| self.0.connect(stream));
        Box::pin(async move {
            let connecting = connecting.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected))?;
            Ok(lender.lend(connecting.await?))
        })
    }
}
