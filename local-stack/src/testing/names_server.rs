//! A DNS server for one name.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long a lookup may take to arrive. The gateway makes one a second while there are requests.
const SOON: Duration = Duration::from_secs(20);

const HEADER_LENGTH: usize = 12;
/// Type and class, which end a question.
const QUESTION_END: usize = 4;
const TYPE_A: [u8; 2] = [0, 1];
const NO_ERROR: u8 = 0;
const SERVER_FAILURE: u8 = 2;

/// The addresses of the name, or `None` while the server fails.
type Zone = Arc<Mutex<Option<Vec<Ipv4Addr>>>>;

/// Answers every question over UDP on loopback, until it is dropped.
#[derive(Debug)]
pub struct Names {
    address: SocketAddr,
    zone: Zone,
    lookups: Arc<AtomicUsize>,
    stopping: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Names {
    /// Starts with these addresses.
    ///
    /// # Panics
    /// If no port is available.
    #[must_use]
    pub fn start(addresses: &[Ipv4Addr]) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let zone: Zone = Arc::new(Mutex::new(Some(addresses.to_vec())));
        let (lookups, stopping) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (served, counted, stopped) = (Arc::clone(&zone), Arc::clone(&lookups), Arc::clone(&stopping));
        let thread = std::thread::spawn(move || {
            let mut query = [0; 512];
            while let Ok((length, client)) = socket.recv_from(&mut query) {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let answer = answer(&query[..length], served.lock().unwrap().as_deref());
                socket.send_to(&answer, client).unwrap();
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self { address, zone, lookups, stopping, thread: Some(thread) }
    }

    /// The `resolvers` line that has the gateway ask this server. Caddy 2.6 would ask over TCP without `udp/`.
    #[must_use]
    pub fn resolvers(&self) -> String {
        format!("resolvers udp/{}", self.address)
    }

    /// Gives the name these addresses from now on.
    ///
    /// # Panics
    /// If another thread panicked meanwhile.
    pub fn set(&self, addresses: &[Ipv4Addr]) {
        *self.zone.lock().unwrap() = Some(addresses.to_vec());
    }

    /// Answers SERVFAIL from now on.
    ///
    /// # Panics
    /// If another thread panicked meanwhile.
    pub fn fail(&self) {
        *self.zone.lock().unwrap() = None;
    }

    /// Waits until this many more lookups were answered.
    ///
    /// # Panics
    /// If they do not arrive.
    pub fn wait_for_lookups(&self, more: usize) {
        let (wanted, deadline) = (self.lookups.load(Ordering::Relaxed) + more, Instant::now() + SOON);
        while self.lookups.load(Ordering::Relaxed) < wanted {
            assert!(Instant::now() < deadline, "nobody looks the name up");
            std::thread::yield_now();
        }
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        // The thread waits for a query, so it gets one.
        let woken = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.send_to(&[0], self.address));
        if let (Ok(_), Some(thread)) = (woken, self.thread.take()) {
            let _ = thread.join();
        }
    }
}

/// The answer to a query with one question: its addresses if it asks for A records, and none for other types.
fn answer(query: &[u8], addresses: Option<&[Ipv4Addr]>) -> Vec<u8> {
    let mut end = HEADER_LENGTH;
    while query[end] != 0 {
        end += usize::from(query[end]) + 1;
    }
    let question = &query[HEADER_LENGTH..=end + QUESTION_END];
    let asks_for_a = question[question.len() - QUESTION_END..].starts_with(&TYPE_A);
    let found = addresses.filter(|_| asks_for_a).unwrap_or_default();
    let code = if addresses.is_some() { NO_ERROR } else { SERVER_FAILURE };
    let mut answer = query[..2].to_vec();
    // A response, recursion desired and available; one question, the answers, nothing else.
    answer.extend([0x81, 0x80 | code, 0, 1, 0, u8::try_from(found.len()).unwrap(), 0, 0, 0, 0]);
    answer.extend(question);
    for address in found {
        // The name of the question, type A, class IN, TTL 0, four bytes.
        answer.extend([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
        answer.extend(address.octets());
    }
    answer
}
