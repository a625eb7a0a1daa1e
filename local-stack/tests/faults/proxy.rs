//! A network that can be broken: a TCP proxy that delays, cuts, resets, swallows and truncates.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// How the network behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// As usual.
    Clear,
    /// Each piece of data arrives this much later.
    Delayed(Duration),
    /// Connections end, and new ones end at once: FIN.
    Cut,
    /// Connections are reset, and new ones too: RST.
    Reset,
    /// Nothing arrives any more, and nothing is closed. A connection that lost something stays silent.
    Swallowed,
    /// Each connection ends after this many bytes in one direction.
    Truncated(usize),
}

/// A proxy to one address. Dropping it closes all connections.
pub struct Proxy {
    address: SocketAddr,
    server: watch::Sender<SocketAddr>,
    weather: watch::Sender<Weather>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Listens on a free port of loopback.
    ///
    /// # Errors
    /// If there is none.
    pub async fn to(server: SocketAddr) -> std::io::Result<Self> {
        Self::at((Ipv4Addr::LOCALHOST, 0).into(), server).await
    }

    /// Listens at this address.
    ///
    /// # Errors
    /// If it is taken.
    pub async fn at(address: SocketAddr, server: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let (weather, watched) = watch::channel(Weather::Clear);
        let (server, current) = watch::channel(server);
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener, current, watched));
        Ok(Self { address, server, weather, accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Leads to another server, and ends the connections to this one.
    pub fn lead_to(&self, server: SocketAddr) {
        self.server.send_replace(server);
    }

    /// Changes the weather, for existing connections too.
    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    server: watch::Receiver<SocketAddr>,
    weather: watch::Receiver<Weather>,
) {
    let mut served = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        served.spawn(serve(client, server.clone(), weather.clone()));
        while served.try_join_next().is_some() {}
    }
}

async fn serve(
    mut client: TcpStream,
    mut leads_to: watch::Receiver<SocketAddr>,
    mut weather: watch::Receiver<Weather>,
) {
    let address = *leads_to.borrow_and_update();
    let Ok(mut server) = TcpStream::connect(address).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (up, down) = (weather.clone(), weather.clone());
    let ended = {
        let ((from_client, to_client), (from_server, to_server)) = (client.split(), server.split());
        let forward = async {
            tokio::join!(forward(from_client, to_server, up), forward(from_server, to_client, down));
            Weather::Clear
        };
        let broken = weather.wait_for(|now| matches!(now, Weather::Cut | Weather::Reset));
        tokio::select! {
            ended = forward => ended,
            _ = leads_to.changed() => Weather::Cut,
            broken = broken => broken.map_or(Weather::Cut, |weather| *weather),
        }
    };
    if ended == Weather::Reset {
        for stream in [&client, &server] {
            // Closing a socket that does not linger sends a RST.
            let _ = stream.set_zero_linger();
        }
    }
}

/// Forwards data and its end in one direction.
async fn forward(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, weather: watch::Receiver<Weather>) {
    let mut buffer = vec![0; 16_384];
    let mut sent = 0;
    loop {
        let size = from.read(&mut buffer).await.unwrap_or(0);
        let now = *weather.borrow();
        let size = match now {
            Weather::Swallowed => std::future::pending().await,
            Weather::Truncated(limit) if sent + size > limit => limit.saturating_sub(sent),
            _ => size,
        };
        if let Weather::Delayed(delay) = now {
            tokio::time::sleep(delay).await;
        }
        let is_last = size == 0 || matches!(now, Weather::Truncated(limit) if sent + size >= limit);
        if to.write_all(buffer.get(..size).unwrap_or_default()).await.is_err() || is_last {
            let _ = to.shutdown().await;
            return;
        }
        sent += size;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    /// A server that sends back what it receives, behind a proxy.
    async fn echo() -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        Proxy::to(address).await.unwrap()
    }

    async fn sends_back(stream: &mut TcpStream, text: &[u8]) -> std::io::Result<Vec<u8>> {
        stream.write_all(text).await?;
        let mut answer = vec![0; text.len()];
        let size = stream.read(&mut answer).await?;
        answer.truncate(size);
        Ok(answer)
    }

    #[tokio::test]
    async fn in_clear_weather_everything_arrives_and_a_delay_delays_it() {
        let proxy = echo().await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(sends_back(&mut stream, b"one").await.unwrap(), b"one");
        proxy.set(Weather::Delayed(Duration::from_millis(100)));
        let begun = Instant::now();
        assert_eq!(sends_back(&mut stream, b"two").await.unwrap(), b"two");
        assert!(begun.elapsed() >= Duration::from_millis(200), "both ways");
    }

    #[tokio::test]
    async fn a_cut_ends_connections_and_a_reset_resets_them() {
        let proxy = echo().await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(sends_back(&mut stream, b"one").await.unwrap(), b"one");
        proxy.set(Weather::Cut);
        assert_eq!(stream.read(&mut [0; 1]).await.unwrap(), 0);
        proxy.set(Weather::Clear);
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(sends_back(&mut stream, b"one").await.unwrap(), b"one");
        proxy.set(Weather::Reset);
        let error = stream.read(&mut [0; 1]).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }

    #[tokio::test]
    async fn what_is_swallowed_never_arrives_and_what_is_truncated_ends() {
        let proxy = echo().await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(sends_back(&mut stream, b"one").await.unwrap(), b"one");
        proxy.set(Weather::Swallowed);
        let silent = timeout(Duration::from_millis(200), sends_back(&mut stream, b"two")).await;
        assert!(silent.is_err(), "{silent:?}");
        proxy.set(Weather::Truncated(2));
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        let answer = timeout(SOON, sends_back(&mut stream, b"three")).await.unwrap();
        assert_eq!(answer.unwrap(), b"th");
    }
}
