//! One request and its response, as the connection sees them.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_http::{Payload, Request, Response};
use actix_service::Service;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::Stream;

use super::flow::Flow;

/// Most of a response that is copied into the write buffer at once. actix-http takes another part while its buffer
/// holds less than 32 KiB, so a connection holds 48 KiB of a response whatever its size.
const PART: usize = 16 * 1024;

/// Calls the application, and tells the connection when the request begins, wants its body, and has been answered.
pub(crate) fn exchange<S, B>(
    mut request: Request,
    application: &S,
) -> impl Future<Output = Result<Response<Outgoing>, S::Error>> + use<S, B>
where
    S: Service<Request>,
    S::Response: Into<Response<B>>,
    B: MessageBody + 'static,
{
    let exchange = Exchange::begin(&mut request);
    let response = application.call(request);
    async move {
        let response: Response<B> = response.await?.into();
        Ok(response.map_body(|_, body| Outgoing {
            body: body.boxed(),
            part: Bytes::new(),
            _exchange: exchange,
        }))
    }
}

/// Lasts until the response has been written, or the connection ended before.
struct Exchange(Rc<Flow>);

impl Exchange {
    fn begin(request: &mut Request) -> Option<Self> {
        let flow = Rc::clone(request.conn_data::<Rc<Flow>>()?);
        flow.begin();
        let payload = request.take_payload();
        if !matches!(payload, Payload::None) {
            let body = Body { payload, flow: Rc::clone(&flow) };
            *request.payload() = Payload::Stream { payload: Box::pin(body) };
        }
        Some(Self(flow))
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// A request's body, of which more is read when a handler waits for it.
struct Body {
    payload: Payload,
    flow: Rc<Flow>,
}

impl Stream for Body {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut self.payload).poll_next(context);
        if next.is_pending() {
            self.flow.want_body();
        }
        next
    }
}

/// A response's body, in parts.
pub(crate) struct Outgoing {
    body: BoxBody,
    part: Bytes,
    _exchange: Option<Exchange>,
}

impl MessageBody for Outgoing {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.part.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_next(context)) {
                Some(Ok(bytes)) => self.part = bytes,
                end => return Poll::Ready(end),
            }
        }
        let size = self.part.len().min(PART);
        Poll::Ready(Some(Ok(self.part.split_to(size))))
    }
}
