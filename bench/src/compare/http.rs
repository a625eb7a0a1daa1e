//! HTTP requests as bytes, and a connection that sends them one after the other.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Maximum time to wait for a response. Better Auth needs seconds for a hash if many wait.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Replaced in a request by a number that no other request has.
pub const UNIQUE: &str = "@@@@@@@@@@";

/// Requests in a form that is sent as it is.
#[derive(Debug, Clone, Default)]
pub struct Requests {
    /// The bytes of each request.
    pub raw: Vec<Vec<u8>>,
}

impl Requests {
    /// Adds a request. `headers` are complete lines.
    pub fn push(&mut self, address: &str, method: &str, path: &str, headers: &[String], body: Option<&str>) {
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n");
        for header in headers {
            text.push_str(&format!("{header}\r\n"));
        }
        if let Some(body) = body {
            let length = body.len();
            text.push_str(&format!(
                "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
            ));
        } else {
            text.push_str("\r\n");
        }
        self.raw.push(text.into_bytes());
    }

    /// Writes the requests to a file for `requests.lua`.
    pub fn write(&self, path: &Path) {
        let mut bytes = Vec::new();
        for request in &self.raw {
            bytes.extend(format!("{}\n", request.len()).bytes());
            bytes.extend(request);
        }
        std::fs::write(path, bytes).unwrap();
    }

    /// Returns a request in turn, with a number of its own.
    pub fn get(&self, index: usize) -> Vec<u8> {
        let request = &self.raw[index % self.raw.len()];
        let Some(at) = request.windows(UNIQUE.len()).position(|window| window == UNIQUE.as_bytes()) else {
            return request.clone();
        };
        let mut request = request.clone();
        request[at..at + UNIQUE.len()].copy_from_slice(format!("{:010}", serial(1)).as_bytes());
        request
    }
}

/// Reserves this many numbers, and returns the first of them.
pub fn serial(count: u64) -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(count, Ordering::Relaxed)
}

/// A response.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The status line and headers.
    pub head: String,
    /// The length of the body. The frames of a chunked body count.
    pub body: usize,
}

/// A connection that is kept alive.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects to `host:port`.
    pub fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 * 1024) })
    }

    /// Sends a request and reads the response.
    pub fn send(&mut self, request: &[u8]) -> Result<Response> {
        self.stream.write_all(request)?;
        self.buffer.clear();
        let head = self.read_until(0, b"\r\n\r\n")?;
        let text = String::from_utf8_lossy(&self.buffer[..head]).into_owned();
        let header = |name: &str| {
            let line = text.lines().find(|line| line.to_ascii_lowercase().starts_with(name))?;
            Some(line[name.len()..].trim().to_owned())
        };
        let status = text.get(9..12).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| Error::new(ErrorKind::InvalidData, text.clone()))?;
        let end = if header("transfer-encoding:").is_some() {
            self.read_chunks(head)?
        } else {
            let length = header("content-length:").and_then(|length| length.parse().ok()).unwrap_or(0);
            self.read_to(head + length)?;
            head + length
        };
        Ok(Response { status, head: text, body: end - head })
    }

    fn read_chunks(&mut self, mut at: usize) -> Result<usize> {
        loop {
            let size_end = self.read_until(at, b"\r\n")?;
            let line = String::from_utf8_lossy(&self.buffer[at..size_end - 2]).into_owned();
            let size = usize::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16);
            let size = size.map_err(|error| Error::new(ErrorKind::InvalidData, error))?;
            at = size_end + size + 2;
            self.read_to(at)?;
            if size == 0 {
                return Ok(at);
            }
        }
    }

    /// Reads until `end` appears after the position. Returns the position after it.
    fn read_until(&mut self, from: usize, end: &[u8]) -> Result<usize> {
        loop {
            let rest = self.buffer.get(from..).unwrap_or_default();
            if let Some(at) = rest.windows(end.len()).position(|window| window == end) {
                return Ok(from + at + end.len());
            }
            self.read_more()?;
        }
    }

    fn read_to(&mut self, length: usize) -> Result<()> {
        while self.buffer.len() < length {
            self.read_more()?;
        }
        Ok(())
    }

    fn read_more(&mut self) -> Result<()> {
        let mut piece = [0; 16 * 1024];
        let size = self.stream.read(&mut piece)?;
        if size == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.buffer.extend_from_slice(&piece[..size]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Answers each request on one connection with the next of these responses.
    fn answers(responses: &'static [&'static str]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            for response in responses {
                let _ = stream.read(&mut [0; 1024]).unwrap();
                stream.write_all(response.as_bytes()).unwrap();
            }
        });
        address
    }

    #[test]
    fn bodies_with_a_length_and_in_chunks_are_read() {
        let address = answers(&[
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "HTTP/1.1 204 No Content\r\n\r\n",
        ]);
        let mut connection = Connection::open(&address).unwrap();
        let mut requests = Requests::default();
        requests.push(&address, "GET", "/", &[], None);
        let statuses: Vec<u16> = (0..3).map(|n| connection.send(&requests.get(n)).unwrap().status).collect();
        assert_eq!(statuses, [200, 404, 204]);
    }

    #[test]
    fn each_request_has_a_number_of_its_own() {
        let mut requests = Requests::default();
        requests.push("a", "POST", "/", &[], Some(&format!("{{\"email\":\"{UNIQUE}@example.com\"}}")));
        assert_ne!(requests.get(0), requests.get(0));
        assert_eq!(requests.get(0).len(), requests.raw[0].len());
    }
}
