//! An HTTP client that costs little, so that it takes little time from the servers on the same cores.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Maximum time to wait for a response.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A keep-alive connection.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects to the server of this base URL.
    pub fn open(url: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(url.trim_start_matches("http://"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        Ok(Self { stream: BufReader::with_capacity(4096, stream) })
    }

    /// Sends a request and returns the body of its response. Panics if that is no success.
    pub fn send(&mut self, request: &str) -> Vec<u8> {
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut line, mut status, mut length) = (String::new(), String::new(), 0);
        loop {
            line.clear();
            assert!(self.stream.read_line(&mut line).unwrap() > 0, "closed after {status:?} to {request:?}");
            if status.is_empty() {
                line.trim_end().clone_into(&mut status);
            } else if line == "\r\n" {
                break;
            } else if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        let is_success = status.split(' ').nth(1).is_some_and(|code| code.starts_with('2'));
        assert!(is_success, "{status} to {request:?}: {}", String::from_utf8_lossy(&body));
        body
    }
}

/// Formats a request with a token of a session or an access token, and a JSON body unless that is empty.
pub fn request(method: &str, path: &str, token: &str, body: &str) -> String {
    let authorization =
        if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
    let length = if body.is_empty() {
        String::new()
    } else {
        format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len())
    };
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{authorization}{length}\r\n{body}")
}

/// Sends `count` requests over `connections` connections, each the next one when the last is answered. Returns the
/// response times. `make` gets the number of the request.
pub fn load(
    url: &str,
    connections: usize,
    count: usize,
    make: &(dyn Fn(usize) -> String + Sync),
) -> Vec<Duration> {
    std::thread::scope(|scope| {
        let client = |first: usize| {
            let mut connection = Connection::open(url).unwrap();
            let mut times = Vec::with_capacity(count / connections + 1);
            for number in (first..count).step_by(connections) {
                let request = make(number);
                let begun = Instant::now();
                connection.send(&request);
                times.push(begun.elapsed());
            }
            times
        };
        let clients: Vec<_> = (0..connections).map(|first| scope.spawn(move || client(first))).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    })
}
