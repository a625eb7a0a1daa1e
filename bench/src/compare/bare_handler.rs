//! A server that sends the same response to every request: the least that actix can do.

use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{App, HttpResponse, HttpServer, web};

/// The length of the headers that actix adds, and of the one that is padded without its value.
const OTHER_HEADERS: usize =
    "HTTP/1.1 200 OK\r\ncontent-length: 000\r\ncontent-type: application/json\r\nx-padding: \r\n\
     date: Sun, 29 Nov 2026 12:00:00 GMT\r\n\r\n"
        .len();

/// Serves on the socket address in `BIND` until it is killed.
pub async fn serve(head: usize, body: usize) {
    let padding = HeaderValue::from_str(&"x".repeat(head.saturating_sub(OTHER_HEADERS))).unwrap();
    let body = Bytes::from(vec![b'x'; body]);
    let server = HttpServer::new(move || {
        let (padding, body) = (padding.clone(), body.clone());
        let respond = move || {
            let (padding, body) = (padding.clone(), body.clone());
            async move {
                let mut response = HttpResponse::Ok();
                response.insert_header((CONTENT_TYPE, "application/json"));
                response.insert_header(("x-padding", padding)).body(body)
            }
        };
        App::new().route("/", web::get().to(respond))
    });
    server.bind(std::env::var("BIND").unwrap()).unwrap().run().await.unwrap();
}
