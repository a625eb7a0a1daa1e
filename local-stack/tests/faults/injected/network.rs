//! Networks that break for a while, one or all of them.

use std::time::Duration;

use tokio::time::Instant;

use super::{Fault, Target};
use crate::proxy::Weather;

/// The longest time between two breaks, and the longest break. Longer than the services' own timeouts, so that these are
/// reached.
const BETWEEN: Duration = Duration::from_secs(2);
const BROKEN: Duration = Duration::from_secs(6);
/// The longest delay.
const DELAY: Duration = Duration::from_millis(400);
/// The most bytes before a message is cut off: within a login, a statement, or a page of tasks.
const TRUNCATED: usize = 20_000;

impl Target<'_> {
    pub(super) async fn break_networks(&mut self, fault: Fault) {
        let end = Instant::now() + self.time;
        while Instant::now() < end {
            self.pause(BETWEEN).await;
            let weather = match fault {
                Fault::NetworkDelayed => Weather::Delayed(DELAY.mul_f64(self.random.f64())),
                Fault::NetworkCut => Weather::Cut,
                Fault::NetworkReset => Weather::Reset,
                Fault::NetworkSwallowed => Weather::Swallowed,
                _ => Weather::Truncated(self.random.usize(1..TRUNCATED)),
            };
            let began = self.recorder.now();
            let networks = self.system.networks();
            // One of them, or all.
            let chosen = self.random.usize(0..=networks.len());
            for (index, network) in networks.iter().enumerate() {
                if chosen == index || chosen == networks.len() {
                    network.set(weather);
                }
            }
            let broken = BROKEN.mul_f64(self.random.f64());
            tokio::time::sleep(broken).await;
            networks.iter().for_each(|network| network.set(Weather::Clear));
            self.system.wait_ready().await;
            self.recorder.issuer_away(began);
        }
    }
}
