//! Replicas of a service, which record what they execute and can be killed.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use local_stack::testing::free_port;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;

use super::process::Gateway;
use local_stack::testing::Names;

/// How long connections or requests may take to come or go.
const SOON: Duration = Duration::from_secs(20);

/// Length of half an answer, more than the gateway buffers before it sends some.
const HALF: usize = 100_000;

type Requests = Arc<Mutex<Vec<String>>>;

/// A server on an address of its own. Dropping it closes its sockets, as a SIGKILL does.
pub(super) struct Replica {
    address: SocketAddr,
    requests: Requests,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Replica {
    /// Starts a replica that answers requests with its name and their body. The last part of the path can ask for
    /// something else:
    ///
    /// - `break-at-NAME`: closes the connection without an answer if this is its name;
    /// - `half`: closes the connection in the middle of the answer;
    /// - `last`: closes the connection after the answer, without announcing it.
    pub(super) fn start(name: &str, address: SocketAddr) -> Option<Self> {
        let listener = std::net::TcpListener::bind(address).ok()?;
        listener.set_nonblocking(true).unwrap();
        let (address, requests) = (listener.local_addr().unwrap(), Requests::default());
        let (stop, stopped) = oneshot::channel();
        let (name, record) = (name.to_owned(), Arc::clone(&requests));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = accept(&listener, &name, &record) => {}
                    _ = stopped => {}
                }
            });
        });
        Some(Self { address, requests, running: Some((stop, thread)) })
    }

    /// Method and path of each request that it executed.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Closes its sockets, and waits until the gateway has closed its ends too.
    pub(super) fn kill(&mut self) {
        self.stop();
        self.wait_until_nobody_is_connected();
    }

    /// Waits until the gateway has no connection to it any more.
    pub(super) fn wait_until_nobody_is_connected(&self) {
        let deadline = Instant::now() + SOON;
        while connections_to(self.address) > 0 {
            assert!(Instant::now() < deadline, "the gateway does not notice closed connections");
            std::thread::yield_now();
        }
    }

    fn stop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            let _ = stop.send(());
            thread.join().unwrap();
        }
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn accept(listener: &TcpListener, name: &str, requests: &Requests) {
    loop {
        let (connection, _) = listener.accept().await.unwrap();
        let (name, requests) = (name.to_owned(), Arc::clone(requests));
        tokio::spawn(async move { serve(connection, &name, &requests).await });
    }
}

/// Answers the requests of a connection until one of them, or the client, closes it.
async fn serve(mut connection: TcpStream, name: &str, requests: &Requests) -> Option<()> {
    let mut read = Vec::new();
    loop {
        let head_end = loop {
            if let Some(found) = read.windows(4).position(|window| window == b"\r\n\r\n") {
                break found + 4;
            }
            read_more(&mut connection, &mut read).await?;
        };
        let head = String::from_utf8(read.drain(..head_end).collect()).unwrap();
        let length = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
        while read.len() < length {
            read_more(&mut connection, &mut read).await?;
        }
        let body = String::from_utf8(read.drain(..length).collect()).unwrap();
        let mut request = head.split(' ');
        let (method, path) = (request.next()?, request.next()?);
        requests.lock().unwrap().push(format!("{method} {path}"));
        let asked = path.split('?').next()?.rsplit('/').next()?;
        if asked.strip_prefix("break-at-") == Some(name) {
            return None;
        }
        let body = format!("{name} {body}");
        let body = if asked == "half" { "x".repeat(HALF) } else { body };
        let length = if asked == "half" { 2 * HALF } else { body.len() };
        let body = if method == "HEAD" { "" } else { &body };
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
        connection.write_all(answer.as_bytes()).await.ok()?;
        if asked == "half" || asked == "last" {
            return None;
        }
    }
}

async fn read_more(connection: &mut TcpStream, read: &mut Vec<u8>) -> Option<()> {
    let count = connection.read_buf(read).await.ok()?;
    (count > 0).then_some(())
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// How many connections this machine has to an address, as the kernel lists them.
fn connections_to(address: SocketAddr) -> usize {
    /// Connections in this state are closed at both ends.
    const TIME_WAIT: &str = "06";
    let SocketAddr::V4(address) = address else { panic!("{address} is not IPv4") };
    let ip = u32::from_ne_bytes(address.ip().octets());
    let remote = format!("{ip:08X}:{:04X}", address.port());
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let columns = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    columns.filter(|columns| columns[2] == remote && columns[3] != TIME_WAIT).count()
}

/// Replicas `a` and `b` behind one name, which a gateway has as its task-service.
pub(super) struct Replicas {
    pub(super) names: Names,
    pub(super) a: Replica,
    pub(super) b: Replica,
}

impl Replicas {
    pub(super) const A: Ipv4Addr = Ipv4Addr::new(127, 0, 1, 1);
    pub(super) const B: Ipv4Addr = Ipv4Addr::new(127, 0, 1, 2);

    pub(super) fn start() -> Self {
        let (a, b) = (0..5).find_map(|_| Self::pair()).unwrap_or_else(|| panic!("no port is free twice"));
        Self { names: Names::start(&[Self::A, Self::B]), a, b }
    }

    /// Both on one port, if no other process takes it in the meantime.
    fn pair() -> Option<(Replica, Replica)> {
        let port = free_port();
        Some((Replica::start("a", (Self::A, port).into())?, Replica::start("b", (Self::B, port).into())?))
    }

    pub(super) fn port(&self) -> u16 {
        self.a.address.port()
    }

    pub(super) fn gateway(&self) -> Option<Gateway> {
        Gateway::start_with(&[
            ("TASKS_UPSTREAM_HOST", "tasks.test"),
            ("TASKS_UPSTREAM_PORT", &self.port().to_string()),
            ("GATEWAY_RESOLVERS", &self.names.resolvers()),
        ])
    }

    /// Starts `a` anew after it was killed.
    pub(super) fn restart_a(&mut self) {
        self.a = Replica::start("a", (Self::A, self.port()).into()).unwrap();
    }

    /// Waits until both together have executed this many more requests.
    pub(super) fn wait_for_requests(&self, more: usize) {
        let executed = || self.a.requests().len() + self.b.requests().len();
        let (wanted, deadline) = (executed() + more, Instant::now() + SOON);
        while executed() < wanted {
            assert!(Instant::now() < deadline, "no requests arrive");
            std::thread::yield_now();
        }
    }

    /// How often both together executed this request.
    pub(super) fn executed(&self, request: &str) -> usize {
        let requests = [self.a.requests(), self.b.requests()].concat();
        requests.iter().filter(|executed| *executed == request).count()
    }
}

/// An address whose connections are never accepted, as one that no machine has any more: the kernel ignores every attempt.
pub(super) struct BlackHole {
    _listener: TcpListener,
    _queued: Vec<TcpStream>,
    _runtime: tokio::runtime::Runtime,
}

impl BlackHole {
    pub(super) fn at(address: SocketAddr) -> Self {
        /// No answer over loopback within this time is none.
        const NO_ANSWER: Duration = Duration::from_millis(300);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (listener, queued) = runtime.block_on(async {
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_reuseaddr(true).unwrap();
            socket.bind(address).unwrap();
            let listener = socket.listen(0).unwrap();
            let mut queued = Vec::new();
            while let Ok(connection) = tokio::time::timeout(NO_ANSWER, TcpStream::connect(address)).await {
                queued.push(connection.unwrap());
            }
            (listener, queued)
        });
        Self { _listener: listener, _queued: queued, _runtime: runtime }
    }
}
