//! Raw HTTP, for requests that a well-behaved client does not send.

use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::Client;

/// A connection to the service at this base URL.
pub async fn connect(base: &str) -> TcpStream {
    TcpStream::connect(base.strip_prefix("http://").unwrap()).await.unwrap()
}

/// A whole request with a JSON body.
pub fn request(client: &Client, method: &Method, path: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nhost: test\r\nauthorization: {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        client.authorization().unwrap(),
        body.len(),
    )
}

/// Sends a JSON text of `size` bytes in chunks, so that its length is not known before, and reads the answer. The
/// service may answer and close before it has all of it.
pub async fn chunked(base: &str, client: &Client, method: &Method, path: &str, size: usize) -> String {
    let (mut reading, mut writing) = connect(base).await.into_split();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: test\r\nauthorization: {}\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\n",
        client.authorization().unwrap(),
    );
    let sending = tokio::spawn(async move {
        writing.write_all(head.as_bytes()).await?;
        let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
        for _ in 0..size / 0x1000 {
            writing.write_all(chunk.as_bytes()).await?;
        }
        writing.write_all(b"0\r\n\r\n").await
    });
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    // Until the end, or until it is reset because we went on sending.
    while let Ok(read @ 1..) = reading.read(&mut buffer).await {
        answer.extend_from_slice(&buffer[..read]);
        if answer.ends_with(b"}") {
            break;
        }
    }
    sending.abort();
    String::from_utf8(answer).unwrap()
}
