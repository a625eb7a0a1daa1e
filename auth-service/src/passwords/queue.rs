//! The order in which passwords are hashed.
//!
//! Known devices and strangers have a lane each, of the same capacity. If jobs wait in both, the lanes take turns. In
//! a lane the sites take turns, and in a site its networks. A job that arrives in a full lane evicts one of the site that
//! has the most. So sending more requests gains little, only sending them from more places does.

use std::collections::VecDeque;

use crate::client_address::Network;
use crate::limits::{Requester, Standing};

/// Identifies a job, to remove it.
pub(super) type Ticket = u64;

/// The jobs that wait.
pub(super) struct Queue<T> {
    known: Lane<T>,
    strangers: Lane<T>,
    known_is_next: bool,
    next_ticket: Ticket,
}

/// There is no room, or a job of the same account or device is waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused;

impl<T> Queue<T> {
    /// An empty queue of two lanes with this capacity.
    pub(super) fn new(lane_capacity: usize) -> Self {
        Self {
            known: Lane::new(lane_capacity),
            strangers: Lane::new(lane_capacity),
            known_is_next: true,
            next_ticket: 0,
        }
    }

    /// Changes the capacity of both lanes. Jobs that wait beyond it keep their places, but a new one must evict another.
    pub(super) fn set_lane_capacity(&mut self, capacity: usize) {
        self.known.capacity = capacity;
        self.strangers.capacity = capacity;
    }

    /// Queues `job`. A job that it evicts is dropped.
    pub(super) fn push(&mut self, requester: Requester, job: T) -> Result<Ticket, Refused> {
        let Requester { network, account, standing } = requester;
        let (lane, device) = match standing {
            Standing::Known { device } => (&mut self.known, device),
            Standing::Unknown => (&mut self.strangers, None),
        };
        self.next_ticket += 1;
        let ticket = self.next_ticket;
        lane.push(Waiting { ticket, network, account, device, job }).map(|()| ticket)
    }

    /// Removes the next job to run.
    pub(super) fn pop(&mut self) -> Option<T> {
        let from_known = (self.known_is_next || self.strangers.is_empty()) && !self.known.is_empty();
        self.known_is_next = !from_known;
        if from_known { self.known.pop() } else { self.strangers.pop() }
    }

    /// The number of jobs that wait in the lane of known devices and in that of strangers.
    pub(super) fn waiting(&self) -> (usize, usize) {
        (self.known.waiting.len(), self.strangers.waiting.len())
    }

    /// Removes a job. `false` if it was taken or evicted.
    pub(super) fn remove(&mut self, ticket: Ticket) -> bool {
        self.known.remove(ticket) || self.strangers.remove(ticket)
    }
}

struct Lane<T> {
    /// Oldest first.
    waiting: Vec<Waiting<T>>,
    /// The sites with waiting jobs, in the order of their turns.
    sites: VecDeque<Network>,
    /// The networks with waiting jobs, in the order of their turns.
    networks: VecDeque<Network>,
    capacity: usize,
}

struct Waiting<T> {
    ticket: Ticket,
    network: Network,
    account: Option<String>,
    device: Option<String>,
    job: T,
}

impl<T> Lane<T> {
    fn new(capacity: usize) -> Self {
        Self { waiting: Vec::new(), sites: VecDeque::new(), networks: VecDeque::new(), capacity }
    }

    fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    fn push(&mut self, new: Waiting<T>) -> Result<(), Refused> {
        let same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        let is_second = |old: &Waiting<T>| same(&old.account, &new.account) || same(&old.device, &new.device);
        if self.waiting.iter().any(is_second) {
            return Err(Refused);
        }
        if self.waiting.len() >= self.capacity {
            let evicted = self.evicted_by(new.network).ok_or(Refused)?;
            self.remove(evicted);
        }
        let (network, site) = (new.network, new.network.site());
        self.waiting.push(new);
        if !self.sites.contains(&site) {
            self.sites.push_back(site);
        }
        if !self.networks.contains(&network) {
            self.networks.push_back(network);
        }
        Ok(())
    }

    fn pop(&mut self) -> Option<T> {
        let site = self.sites.pop_front()?;
        self.sites.push_back(site);
        let turn = self.networks.iter().position(|network| network.site() == site)?;
        let network = self.networks.remove(turn)?;
        self.networks.push_back(network);
        let oldest = self.waiting.iter().position(|waiting| waiting.network == network)?;
        Some(self.take(oldest).job)
    }

    fn remove(&mut self, ticket: Ticket) -> bool {
        let index = self.waiting.iter().position(|waiting| waiting.ticket == ticket);
        index.map(|index| self.take(index)).is_some()
    }

    /// Removes a job, and its site and network if they have no other.
    fn take(&mut self, index: usize) -> Waiting<T> {
        let taken = self.waiting.remove(index);
        if self.of_network(taken.network) == 0 {
            self.networks.retain(|network| *network != taken.network);
        }
        let site = taken.network.site();
        if self.of_site(site) == 0 {
            self.sites.retain(|other| *other != site);
        }
        taken
    }

    /// The job that makes room for one of `newcomer`: the latest of the site that has the most jobs, if the site then still
    /// has at least as many as the newcomer's. Otherwise, by the same rule, one of a network of the newcomer's own site.
    fn evicted_by(&self, newcomer: Network) -> Option<Ticket> {
        let site = newcomer.site();
        let largest = *self.sites.iter().max_by_key(|site| self.of_site(**site))?;
        let from = if self.of_site(largest) > self.of_site(site) + 1 { largest } else { site };
        let networks = self.networks.iter().filter(|network| network.site() == from);
        let heaviest = *networks.max_by_key(|network| self.of_network(**network))?;
        let is_heavier = from != site || self.of_network(heaviest) > self.of_network(newcomer) + 1;
        let latest = self.waiting.iter().rfind(|waiting| waiting.network == heaviest)?;
        is_heavier.then_some(latest.ticket)
    }

    fn of_site(&self, site: Network) -> usize {
        self.waiting.iter().filter(|waiting| waiting.network.site() == site).count()
    }

    fn of_network(&self, network: Network) -> usize {
        self.waiting.iter().filter(|waiting| waiting.network == network).count()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The `host`th address of the `site`th IPv4 site.
    fn network(site: u8, host: u8) -> Network {
        Network::of(Some(std::net::Ipv4Addr::new(198, 51, site, host).into()))
    }

    fn stranger(network: Network) -> Requester {
        Requester { network, account: None, standing: Standing::Unknown }
    }

    fn known(network: Network, account: &str, device: &str) -> Requester {
        let standing = Standing::Known { device: Some(device.to_owned()) };
        Requester { network, account: Some(account.to_owned()), standing }
    }

    fn all<T>(queue: &mut Queue<T>) -> Vec<T> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn sites_take_turns_and_in_a_site_its_networks() {
        let mut queue = Queue::new(9);
        for (site, host, job) in
            [(1, 1, "a"), (1, 1, "b"), (1, 1, "c"), (1, 2, "d"), (2, 1, "e"), (2, 1, "f"), (3, 1, "g")]
        {
            queue.push(stranger(network(site, host)), job).unwrap();
        }
        assert_eq!(all(&mut queue), ["a", "e", "g", "d", "f", "b", "c"]);
    }

    #[test]
    fn known_devices_and_strangers_take_turns() {
        let mut queue = Queue::new(9);
        for number in 0..3 {
            queue.push(stranger(network(number, 1)), "stranger").unwrap();
        }
        for number in 0..2 {
            let name = number.to_string();
            queue.push(known(network(number, 1), &name, &name), "known").unwrap();
        }
        assert_eq!(all(&mut queue), ["known", "stranger", "known", "stranger", "stranger"]);
    }

    #[test]
    fn strangers_fill_only_their_own_lane() {
        let mut queue = Queue::new(4);
        for site in 0..4 {
            queue.push(stranger(network(site, 1)), site).unwrap();
        }
        assert_eq!(queue.push(stranger(network(9, 1)), 9), Err(Refused));
        for site in 0..4 {
            let name = site.to_string();
            queue.push(known(network(site, 1), &name, &name), site + 10).unwrap();
        }
        assert_eq!(queue.push(known(network(9, 1), "x", "x"), 19), Err(Refused));
        assert_eq!(queue.pop(), Some(10), "known devices go first, although strangers came before");
    }

    #[test]
    fn an_account_and_a_device_wait_once_in_each_lane() {
        let mut queue = Queue::new(9);
        let claims =
            |account: &str| Requester { account: Some(account.to_owned()), ..stranger(network(1, 1)) };
        queue.push(claims("alice"), 1).unwrap();
        assert_eq!(queue.push(claims("alice"), 2), Err(Refused));
        queue.push(claims("bob"), 3).unwrap();
        queue.push(known(network(2, 1), "alice", "laptop"), 4).expect("strangers do not block the owner");
        assert_eq!(queue.push(known(network(3, 1), "alice", "phone"), 5), Err(Refused));
        assert_eq!(queue.push(known(network(4, 1), "carol", "laptop"), 6), Err(Refused));
        let without_device =
            Requester { standing: Standing::Known { device: None }, ..known(network(5, 1), "dan", "") };
        queue.push(without_device, 7).unwrap();
        assert_eq!(all(&mut queue), [4, 1, 7, 3]);
        queue.push(claims("alice"), 8).expect("a job that was taken does not wait");
    }

    #[test]
    fn a_full_lane_evicts_from_the_site_with_the_most() {
        let mut queue = Queue::new(4);
        for job in ["a", "b", "c"] {
            queue.push(stranger(network(1, 1)), job).unwrap();
        }
        queue.push(stranger(network(2, 1)), "d").unwrap();
        queue.push(stranger(network(3, 1)), "e").expect("evicts one of three");
        queue.push(stranger(network(4, 1)), "f").expect("evicts one of two");
        queue.push(stranger(network(5, 1)), "g").expect_err("all have one");
        assert_eq!(all(&mut queue), ["a", "d", "e", "f"]);
    }

    #[test]
    fn a_full_lane_evicts_from_the_network_with_the_most_in_a_site() {
        let mut queue = Queue::new(4);
        for job in ["a", "b"] {
            queue.push(stranger(network(1, 1)), job).unwrap();
        }
        for job in ["c", "d"] {
            queue.push(stranger(network(2, 1)), job).unwrap();
        }
        queue.push(stranger(network(1, 2)), "e").expect("evicts one of the two of another network");
        queue.push(stranger(network(1, 3)), "f").expect_err("the other networks have one each");
        assert_eq!(all(&mut queue), ["a", "c", "e", "d"]);
    }

    #[test]
    fn a_removed_job_frees_its_place() {
        let mut queue = Queue::new(2);
        let first = queue.push(stranger(network(1, 1)), 1).unwrap();
        let second = queue.push(stranger(network(2, 1)), 2).unwrap();
        assert_eq!(queue.push(stranger(network(3, 1)), 3), Err(Refused));
        assert!(queue.remove(first));
        assert!(!queue.remove(first), "already removed");
        queue.push(stranger(network(3, 1)), 3).unwrap();
        assert_eq!(all(&mut queue), [2, 3]);
        assert!(!queue.remove(second), "already taken");
        assert_eq!(queue.pop(), None);
    }

    #[test]
    fn a_lane_that_shrinks_keeps_its_jobs_and_its_order() {
        let mut queue = Queue::new(4);
        for (site, job) in [(1, "a"), (1, "b"), (1, "c"), (2, "d")] {
            queue.push(stranger(network(site, 1)), job).unwrap();
        }
        queue.set_lane_capacity(2);
        queue.push(stranger(network(1, 1)), "e").expect_err("the lane is more than full");
        queue.push(stranger(network(3, 1)), "f").expect("evicts one of three");
        assert_eq!(all(&mut queue), ["a", "d", "f", "b"]);
        for site in 1..=2 {
            queue.push(stranger(network(site, 1)), "g").unwrap();
        }
        assert_eq!(queue.push(stranger(network(3, 1)), "h"), Err(Refused));
    }

    proptest! {
        /// However the capacity changes, a lane gains jobs only while it has room, and a job that enters a full lane takes
        /// the place of exactly one other.
        #[test]
        fn a_changing_capacity_is_kept(
            steps in prop::collection::vec((0_u8..6, 0_u8..3, 1_usize..10, any::<bool>()), 1..120),
        ) {
            let mut queue = Queue::new(4);
            for (site, host, capacity, serves) in steps {
                queue.set_lane_capacity(capacity);
                let before = queue.strangers.waiting.len();
                let outcome = queue.push(stranger(network(site, host)), ());
                let grows = usize::from(before < capacity);
                prop_assert_eq!(queue.strangers.waiting.len(), before + grows);
                prop_assert!(outcome.is_ok() || grows == 0);
                if serves {
                    queue.pop();
                }
            }
        }

        /// For any order of jobs: a lane never exceeds its capacity, no queued job is lost unless it is evicted, and a site
        /// with no job in a lane gets in, unless every site there has one.
        #[test]
        fn no_site_excludes_another(
            pushes in prop::collection::vec((0_u8..6, 0_u8..3, any::<bool>(), any::<bool>()), 1..120),
        ) {
            const CAPACITY: usize = 8;
            let mut queue = Queue::new(CAPACITY);
            for (number, (site, host, is_known, serves)) in pushes.into_iter().enumerate() {
                let name = number.to_string();
                let network = network(site, host);
                let requester = if is_known { known(network, &name, &name) } else { stranger(network) };
                let lane = |queue: &Queue<usize>| {
                    let lane = if is_known { &queue.known } else { &queue.strangers };
                    (lane.of_site(network.site()), lane.waiting.len())
                };
                let (of_site, len) = lane(&queue);
                let outcome = queue.push(requester, number);
                prop_assert_eq!(outcome.is_ok() && len < CAPACITY, lane(&queue).1 == len + 1);
                // Six sites have room in eight places.
                prop_assert!(of_site > 0 || outcome.is_ok());
                prop_assert!(len < CAPACITY || outcome.is_err() || lane(&queue).1 == CAPACITY);
                if serves {
                    queue.pop();
                }
                for lane in [&queue.known, &queue.strangers] {
                    prop_assert!(lane.waiting.len() <= CAPACITY);
                    prop_assert!(lane.sites.iter().all(|site| lane.of_site(*site) > 0));
                    prop_assert!(lane.networks.iter().all(|network| lane.of_network(*network) > 0));
                }
            }
            let left = queue.known.waiting.len() + queue.strangers.waiting.len();
            prop_assert_eq!(all(&mut queue).len(), left);
        }

        /// A job waits for at most one job of each other site, and for as many of the other lane.
        #[test]
        fn a_job_waits_for_at_most_one_of_each_other_site(
            crowd in prop::collection::vec((0_u8..5, any::<bool>()), 0..40),
        ) {
            let mut queue = Queue::new(8);
            for (number, (site, is_known)) in crowd.into_iter().enumerate() {
                let name = number.to_string();
                let requester =
                    if is_known { known(network(site, 1), &name, &name) } else { stranger(network(site, 1)) };
                let _ = queue.push(requester, "crowd");
            }
            queue.push(known(network(9, 1), "owner", "laptop"), "owner").unwrap();
            let before = all(&mut queue).iter().position(|job| *job == "owner").unwrap();
            prop_assert!(before <= 2 * 5 + 1, "{before}");
        }
    }
}
