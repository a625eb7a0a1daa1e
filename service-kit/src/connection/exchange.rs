//! A request and its response.

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

/// Maximum size of a part of a response. actix-http copies another part while its write buffer has less than 32 KiB, so a
/// connection buffers up to 48 KiB of a response, whatever its size.
const PART: usize = 16 * 1024;

/// Calls the application, and notifies the connection when the request starts, when its body is read and when the response
/// has been written.
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

/// Lives until the response has been written or the connection is closed.
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

/// A request body. More of it is read from the connection when a handler waits for it.
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

/// A response body, sent in parts.
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
